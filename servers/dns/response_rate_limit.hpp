#pragma once
// Response rate limiting, as in NSD and Knot. An attacker can send small queries with the forged
// source address of a victim, so that the large responses flood the victim. Therefore queries of
// one network beyond a rate get no response, except that every second one gets an empty response
// with TC. A real client then repeats its query over TCP, where the source address cannot be
// forged.
//
// The table has a fixed size, so an attacker cannot fill memory. Two networks with the same entry
// overwrite each other, and are then limited later than they should be.

#include <array>
#include <atomic>
#include <cstdint>

#include "common/net.hpp"

namespace portlab::dns {

class ResponseRateLimit {
 public:
  /// Responses per second to one network (an IPv4 /24, an IPv6 /56): more than a class of 40 behind
  /// one address sends, and at most 12 MB/s to a victim.
  static constexpr unsigned default_per_second = 10'000;
  /// Every slip-th query beyond the limit gets a truncated response.
  static constexpr unsigned slip = 2;

  enum class Action : std::uint8_t { answer, truncate, drop };

  /// `per_second_max`: 0: no limit; else at most 65,534.
  explicit ResponseRateLimit(unsigned per_second_max = default_per_second);

  /// Counts one query from this address and returns what to do with it. Thread-safe. `second` is a
  /// clock in seconds that never goes back.
  Action count_query(const asio::ip::address& from, std::uint32_t second);

 private:
  static constexpr std::size_t entries = 16'384;

  const unsigned per_second_max_;
  const std::uint64_t seed_;  // random: an attacker cannot choose addresses with the same entry
  /// A hash of the network (24 bits), the second (24 bits), and the queries in it (16 bits).
  std::array<std::atomic<std::uint64_t>, entries> table_{};
};

}  // namespace portlab::dns
