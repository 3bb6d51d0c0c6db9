#include "labs/page/office_feed.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <utility>

namespace portlab {

namespace {

constexpr std::size_t document_bytes_max = std::size_t{8} * 1024 * 1024;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace

OfficeFeed::OfficeFeed(asio::io_context& io, FileDescriptor observer) : io_(io), observer_(io) {
  if (observer) observer_.assign(observer.release());
}

void OfficeFeed::refresh() {
  if (looks_ || std::chrono::steady_clock::now() - looked_at_ < look_time) return;
  looks_ = true;
  asio::co_spawn(io_, look(), [](std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
  });
}

asio::awaitable<void> OfficeFeed::look() {
  const char request = '\n';
  std::string line;
  auto lines = asio::dynamic_buffer(line, document_bytes_max);
  const auto [closed, sent] =
      co_await asio::async_write(observer_, asio::buffer(&request, 1), as_result);
  if (closed) co_return;  // the office has ended, and so does this process
  const auto [ended, size] = co_await asio::async_read_until(observer_, lines, '\n', as_result);
  if (ended) co_return;
  line.resize(size - 1);
  if (!newest_ || *newest_ != line) newest_ = std::make_shared<const std::string>(std::move(line));
  looked_at_ = std::chrono::steady_clock::now();
  looks_ = false;
}

}  // namespace portlab
