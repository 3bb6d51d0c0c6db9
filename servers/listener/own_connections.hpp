#pragma once
// The connections that this server makes to its own machine. A listener that relays to itself, or
// two that relay to each other, would connect without end. So each connection from this server to
// itself has a number of hops, one more than the session that made it, and there is a limit.
//
// A session is recognised by its two endpoints. A packet filter that changes them (NAT) hides it:
// then the limits of sessions end the loop.

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

#include "common/endpoint.hpp"

namespace portlab {

/// Connections of this server to itself, one behind the other.
inline constexpr unsigned hops_max = 4;

/// From any thread.
class OwnConnections {
  using Key =
      std::tuple<Transport, asio::ip::address, std::uint16_t, asio::ip::address, std::uint16_t>;
  using Hops = std::map<Key, unsigned>;

 public:
  /// An entry of the table, removed by its destructor.
  class Entry {
   public:
    Entry() = default;
    Entry(OwnConnections& table, Hops::iterator place) : table_(&table), place_(place) {}
    Entry(Entry&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)), place_(other.place_) {}
    Entry& operator=(Entry&& other) noexcept {
      std::swap(table_, other.table_);
      std::swap(place_, other.place_);
      return *this;
    }
    ~Entry() {
      if (table_ != nullptr) table_->remove(place_);
    }

   private:
    OwnConnections* table_ = nullptr;
    Hops::iterator place_{};
  };

  /// Adds a connection from `local` to `remote`. An empty entry where `remote` is another machine.
  Entry add(const Endpoint& local, const Endpoint& remote, unsigned hops);
  /// How many connections of this server are behind a session that arrived from `remote` at
  /// `local`. 0: the peer is not this server.
  unsigned hops_of(const Endpoint& local, const Endpoint& remote) const;

 private:
  void remove(Hops::iterator place);

  mutable std::mutex mutex_;
  Hops hops_;
};

}  // namespace portlab
