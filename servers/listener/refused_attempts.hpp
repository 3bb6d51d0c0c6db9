#pragma once
// Attempts that this machine's kernel refused because nothing listens on the port, found in captured
// packets. Many attempts of one client are a sweep, as a port scan makes it.

#include <bitset>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/bytes.hpp"
#include "common/endpoint.hpp"
#include "common/port.hpp"
#include "common/result.hpp"
#include "common/system/refusal_capture.hpp"
#include "servers/listener/timed_socket.hpp"

namespace portlab {

/// One attempt.
struct RefusedAttempt {
  Endpoint client;
  Endpoint server;  ///< the closed port
};

/// The attempt that a packet, from its IP header on, refuses. Nothing for other packets: the reset of
/// a connection that was open, or that a listener answered, refuses no attempt.
std::optional<RefusedAttempt> refused_by(Bytes packet);

/// Refused attempts of one client: at one port, or a sweep.
struct Refusal {
  Endpoint client;  ///< of the last attempt
  Endpoint server;
  std::uint64_t times = 1;

  struct Sweep {
    std::uint64_t id = 0;              ///< the same in all batches
    std::uint32_t ports = 0;           ///< different closed ports that were asked so far
    PortRange range;                   ///< the lowest and the highest of them
    std::vector<PortRange> new_ports;  ///< since the last batch; at most sweep_ranges_max ranges
  };
  std::optional<Sweep> sweep = {};
};

/// What was refused since the last batch.
struct Refusals {
  std::vector<Refusal> list;
  std::uint64_t missed = 0;  ///< attempts beyond a limit
};

/// Makes batches of refused attempts. Whatever peers send, its memory is limited.
class RefusalBatches {
 public:
  /// More different ports of one client in one batch are a sweep,
  static constexpr std::size_t single_ports_max = 8;
  /// until nothing of it was refused for this long.
  static constexpr std::chrono::seconds sweep_silence{3};
  static constexpr std::size_t sweeps_max = 16;
  static constexpr std::size_t sweep_ranges_max = 128;
  static constexpr std::size_t attempts_max = 4096;  ///< in one batch
  static constexpr std::size_t list_max = 64;

  /// To be called less than attempts_max times between two calls of take(); more are counted.
  void add(RefusedAttempt attempt);
  Refusals take(Clock::time_point now);

 private:
  /// Transport, client, server: what the attempts of a sweep have in common.
  using Key = std::tuple<Transport, asio::ip::address, asio::ip::address>;
  using Attempts = std::vector<RefusedAttempt>;
  struct Sweep {
    std::uint64_t id = 0;
    std::bitset<65536> asked;
    PortRange range;
    Clock::time_point last;
  };

  void add_single(const Attempts& attempts, Refusals& to) const;
  void add_sweep(const Key& key, const Attempts& attempts, Clock::time_point now, Refusals& to);
  Sweep& sweep_of(const Key& key);
  void forget_sweeps(Clock::time_point now);

  std::map<Key, Attempts> attempts_;
  std::size_t count_ = 0;  // in attempts_
  std::uint64_t missed_ = 0;
  std::map<Key, std::unique_ptr<Sweep>> sweeps_;
  std::uint64_t last_sweep_ = 0;
};

/// The refusals of this machine, while somebody watches. One call at a time.
class RefusalWatch {
 public:
  explicit RefusalWatch(Result<std::unique_ptr<RefusalCapture>> capture);

  /// Why refusals can't be seen, as a part of a sentence; empty: they can.
  const std::string& why_not() const { return why_not_; }
  void start();
  void stop();
  /// Since the last call.
  Refusals take(Clock::time_point now);

 private:
  bool is_own(const asio::ip::address& address, Clock::time_point now);

  std::unique_ptr<RefusalCapture> capture_;
  std::string why_not_;
  RefusalBatches batches_;
  std::vector<asio::ip::address> own_addresses_;
  Clock::time_point addresses_read_{};
};

}  // namespace portlab
