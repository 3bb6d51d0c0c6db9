#include "servers/dns/response_rate_limit.hpp"

#include <boost/container_hash/hash.hpp>
#include <random>

namespace portlab::dns {

namespace {

constexpr std::uint64_t mask_24 = 0xFF'FFFF;
constexpr std::uint64_t count_max = 0xFFFF;

std::uint64_t network_of(const asio::ip::address& address) {
  std::uint64_t network = 0;
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    for (std::size_t i = 0; i < 3; ++i) network = network << 8 | bytes[i];
    return network;
  }
  const auto bytes = address.to_v6().to_bytes();
  for (std::size_t i = 0; i < 7; ++i) network = network << 8 | bytes[i];
  return network | std::uint64_t{1} << 63;  // different from every IPv4 network
}

}  // namespace

ResponseRateLimit::ResponseRateLimit(unsigned per_second_max)
    : per_second_max_(per_second_max),
      seed_(std::uint64_t{std::random_device{}()} << 32 | std::random_device{}()) {}

ResponseRateLimit::Action ResponseRateLimit::count_query(const asio::ip::address& from,
                                                         std::uint32_t second) {
  if (per_second_max_ == 0) return Action::answer;
  std::size_t hash = seed_;
  boost::hash_combine(hash, network_of(from));
  const std::uint64_t tag = hash >> 32 & mask_24;
  const std::uint64_t now = second & mask_24;
  auto& entry = table_[hash % entries];
  const auto before = entry.load(std::memory_order_relaxed);
  const bool same = before >> 40 == tag && (before >> 16 & mask_24) == now;
  const std::uint64_t count = same ? std::min((before & count_max) + 1, count_max) : 1;
  // Two workers may both add 1 to the same value, so the count may be a little too low.
  entry.store(tag << 40 | now << 16 | count, std::memory_order_relaxed);
  if (count <= per_second_max_) return Action::answer;
  return count % slip == 0 ? Action::truncate : Action::drop;
}

}  // namespace portlab::dns
