#include "servers/listener/buffer_pool.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;

BOOST_AUTO_TEST_CASE(a_budget_ends_at_its_ceiling) {
  MemoryBudget budget(10);
  BOOST_TEST(budget.take(9));   // limit - 1
  BOOST_TEST(!budget.take(2));  // limit + 1
  BOOST_TEST(budget.take(1));   // limit
  BOOST_TEST(!budget.take(1));
  budget.give_back(1);
  BOOST_TEST(budget.take(1));
}

BOOST_AUTO_TEST_CASE(two_pools_share_the_ceiling) {
  MemoryBudget budget(2 * session_buffer_bytes);
  BufferPool first(budget);
  BufferPool second(budget);
  auto a = first.take();
  auto b = second.take();
  BOOST_TEST((a && b));
  BOOST_TEST(!first.take());
  second.give_back(std::move(b));
  BOOST_TEST(static_cast<bool>(first.take()));
}

BOOST_AUTO_TEST_CASE(unused_buffers_take_at_most_half_of_the_ceiling) {
  constexpr std::size_t buffers = 10;
  MemoryBudget budget(buffers * session_buffer_bytes);
  BufferPool first(budget);
  std::vector<BufferPool::Buffer> taken;
  for (std::size_t i = 0; i < buffers; ++i) taken.push_back(first.take());
  for (auto& buffer : taken) first.give_back(std::move(buffer));
  BufferPool second(budget);
  std::size_t available = 0;
  std::vector<BufferPool::Buffer> kept;
  while (auto buffer = second.take()) {
    kept.push_back(std::move(buffer));
    ++available;
  }
  BOOST_TEST(available >= buffers / 2);
}
