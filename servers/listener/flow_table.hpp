#pragma once
// UDP has no connections, but it has flows: a peer and the datagrams exchanged with it. A flow is a
// row of the session table until the peer has been silent for a while.

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>

#include "common/endpoint.hpp"
#include "common/system/socket_address.hpp"

namespace portlab {

using Clock = std::chrono::steady_clock;

/// The flows of one UDP socket, found by the peer's address in constant time. Bounded: at the limit
/// a new flow replaces the one that has been silent for the longest time.
class FlowTable {
 public:
  struct Flow {
    std::uint64_t id = 0;
    Endpoint local;
    Endpoint remote;
    Clock::time_point began;
    Clock::time_point last_received;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::string note;
  };

  explicit FlowTable(std::size_t flows_max) : flows_max_(flows_max) {}

  /// Called with each flow before it is removed.
  void on_removal(std::function<void(const Flow&)> callback) { on_removal_ = std::move(callback); }

  /// The flow of this peer, which becomes the most recent one. `is_new`: it began now, and its id
  /// and local endpoint are to be set.
  Flow& touch(const SocketAddress& peer, Clock::time_point now, bool& is_new);
  /// Removes the flows that have received nothing after `when`.
  void remove_silent_since(Clock::time_point when);
  /// Removes all.
  void clear() { remove_silent_since(Clock::time_point::max()); }
  /// Longest silence first.
  const std::list<Flow>& flows() const { return flows_; }

 private:
  struct Key {
    std::array<std::uint64_t, 2> address{};
    std::uint64_t port_and_scope = 0;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  static Key key_of(const SocketAddress& peer);

  const std::size_t flows_max_;
  std::list<Flow> flows_;
  std::unordered_map<Key, std::list<Flow>::iterator, Hash> by_peer_;
  std::function<void(const Flow&)> on_removal_;
};

}  // namespace portlab
