#pragma once
// The limits of the core, and the count of sessions: in all, and per client address.

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "common/net.hpp"

namespace portlab {

/// Limits of one process. A new session beyond them is refused; existing sessions are not affected.
struct Limits {
  std::size_t sessions_max = 16'000;  ///< in all; the daemon keeps it below the limit of open files
  std::size_t sessions_per_address_max = 2'000;  ///< enough for a class of 40 behind one address
  std::size_t flows_max = 10'000;                ///< UDP peers per listener and worker
  unsigned idle_seconds = 300;                   ///< between two messages of a session
  unsigned flow_seconds = 30;                    ///< a UDP flow ends after this silence of its peer
  /// A relayed one later: its source port at the target is lost then (RFC 4787 section 4.3).
  unsigned relayed_flow_seconds = 120;
  /// Input buffers of all sessions together; beyond it, a session that needs one ends.
  std::size_t buffer_bytes_max = std::size_t{256} << 20;
  /// What sessions store beyond their input buffers, such as bodies of HTTP requests; together.
  std::size_t kept_bytes_max = std::size_t{64} << 20;
  std::size_t pipes_max = 256;            ///< of relays, in all workers; a relay without one copies
  std::size_t relayed_flows_max = 2'000;  ///< UDP flows that a listener relays, per worker
  std::size_t events_queued_max = 1'000;  ///< sessions with events that wait for one subscriber
};

/// Counts the sessions of all workers. Called when a session begins and when it ends, never per
/// message. From any thread.
class Quota {
 public:
  explicit Quota(const Limits& limits) : limits_(limits) {}

  /// An address and its number of sessions. Pointers to it stay valid while the number is not 0.
  using AddressCount = std::pair<const asio::ip::address, std::size_t>;

  struct Release {
    AddressCount* address_count = nullptr;
    void operator()(Quota* quota) const { quota->release(address_count); }
  };
  /// The permission for one session. Its destructor returns it. Null: there is none.
  using Permit = std::unique_ptr<Quota, Release>;

  /// A permit for a client at `address`; null when one of the two limits is reached. Without an
  /// address it counts in all only: for Unix sockets, and for further connections of a session,
  /// such as FTP's data connection.
  Permit take(const asio::ip::address* address = nullptr);

  /// From now on. Existing sessions are not affected.
  void set_limits(const Limits& limits);

 private:
  void release(AddressCount* address_count);

  std::mutex mutex_;
  Limits limits_;
  std::size_t sessions_ = 0;
  std::unordered_map<asio::ip::address, std::size_t> per_address_;
};

}  // namespace portlab
