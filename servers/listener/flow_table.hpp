#pragma once
// UDP has no connections, but it has flows: a peer and the datagrams exchanged with it. A flow is a
// row of the session table until the peer has been silent for a while.

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/session_row.hpp"
#include "common/system/socket_address.hpp"
#include "servers/listener/timed_socket.hpp"

namespace portlab {

class FlowRelay;

/// The flows of one UDP socket, found by the peer's address in constant time. Bounded: at the limit
/// a new flow replaces the one that has been silent for the longest time.
class FlowTable {
 public:
  struct Flow {
    SessionRow row;  ///< without its age
    Clock::time_point began;
    Clock::time_point last_received;
    std::string key;                     ///< the peer's socket address
    std::shared_ptr<FlowRelay> relay{};  ///< null: the service replies itself
  };

  explicit FlowTable(std::size_t flows_max) : flows_max_(flows_max) {}

  /// Called with each flow before it is removed.
  void on_removal(std::function<void(const Flow&)> callback) { on_removal_ = std::move(callback); }

  /// The flow of this peer, which becomes the most recent one. `is_new`: it began now, and only the
  /// remote endpoint of its row is set.
  Flow& touch(const SocketAddress& peer, Clock::time_point now, bool& is_new);
  /// Removes the flows that have received nothing after `when`.
  void remove_silent_since(Clock::time_point when);
  /// Removes all.
  void clear() { remove_silent_since(Clock::time_point::max()); }
  /// Longest silence first.
  const std::list<Flow>& flows() const { return flows_; }

 private:
  struct Hash {
    std::size_t operator()(std::string_view key) const;
  };

  const std::size_t flows_max_;
  std::list<Flow> flows_;
  std::unordered_map<std::string_view, std::list<Flow>::iterator, Hash> by_peer_;
  std::function<void(const Flow&)> on_removal_;
};

}  // namespace portlab
