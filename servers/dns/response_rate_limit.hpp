#pragma once
// Response rate limiting, as NSD and Knot do it: a DNS server that anybody can reach must not be a
// tool to flood somebody else, whose address a forger puts on small questions that have large
// answers. What one network asks beyond a rate is not answered, except that every second such
// question gets an empty answer with TC set: who really asked comes back over TCP, which can't be
// forged.
//
// A fixed table, no memory per asker. Two networks that share a place in it take turns in it, and
// are then limited a little later than they should be.

#include <array>
#include <atomic>
#include <cstdint>

#include "common/net.hpp"

namespace portlab::dns {

class ResponseRateLimit {
 public:
  /// Answers to one network (an IPv4 /24, an IPv6 /56) in one second: 40 students behind one
  /// address, each with more questions than a person asks.
  static constexpr unsigned answers_per_second_max = 200;
  /// Of the questions beyond, each such one gets a truncated answer.
  static constexpr unsigned slip = 2;

  enum class Verdict : std::uint8_t { answer, truncate, silence };

  ResponseRateLimit();

  /// What to do about one more question from this address. Any thread. `second` counts up.
  Verdict ask(const asio::ip::address& from, std::uint32_t second);

 private:
  static constexpr std::size_t places = 16'384;

  const std::uint64_t seed_;  // peers choose their addresses: they shall not choose their places
  /// The network's mark (24 bits), the second (24 bits), and the questions in it (16 bits).
  std::array<std::atomic<std::uint64_t>, places> table_{};
};

}  // namespace portlab::dns
