#include "servers/listener/own_connections.hpp"

namespace portlab {

namespace {

/// Whether both ends are on one machine: a connection to one of its own addresses has that address
/// at both ends, or two loopback addresses.
bool is_one_machine(const Endpoint& one, const Endpoint& other) {
  if (one.transport == Transport::local) return false;
  return one.address == other.address || (one.address.is_loopback() && other.address.is_loopback());
}

}  // namespace

OwnConnections::Entry OwnConnections::add(const Endpoint& local, const Endpoint& remote,
                                          unsigned hops) {
  if (!is_one_machine(local, remote)) return {};
  const std::lock_guard lock(mutex_);
  // The other end sees the same two endpoints, exchanged.
  const Key key{local.transport, remote.address, remote.port, local.address, local.port};
  const auto [place, is_new] = hops_.insert_or_assign(key, hops);
  return is_new ? Entry(*this, place) : Entry();
}

unsigned OwnConnections::hops_of(const Endpoint& local, const Endpoint& remote) const {
  if (!is_one_machine(local, remote)) return 0;
  const std::lock_guard lock(mutex_);
  const auto found =
      hops_.find({local.transport, local.address, local.port, remote.address, remote.port});
  return found == hops_.end() ? 0 : found->second;
}

void OwnConnections::remove(Hops::iterator place) {
  const std::lock_guard lock(mutex_);
  hops_.erase(place);
}

}  // namespace portlab
