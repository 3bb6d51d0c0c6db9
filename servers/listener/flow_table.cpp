#include "servers/listener/flow_table.hpp"

#include <netinet/in.h>

#include <boost/container_hash/hash.hpp>
#include <cstring>
#include <iterator>
#include <random>

namespace portlab {

FlowTable::Key FlowTable::key_of(const SocketAddress& peer) {
  Key key;
  if (peer.storage.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(peer.storage);
    std::memcpy(key.address.data(), &in6.sin6_addr, sizeof in6.sin6_addr);
    key.port_and_scope = std::uint64_t{in6.sin6_scope_id} << 16 | in6.sin6_port;
  } else {
    const auto& in4 = reinterpret_cast<const sockaddr_in&>(peer.storage);
    key.address[0] = in4.sin_addr.s_addr;
    key.port_and_scope = in4.sin_port;
  }
  return key;
}

std::size_t FlowTable::Hash::operator()(const Key& key) const {
  // Peers choose their addresses and ports. The random seed keeps them from choosing keys that all
  // have the same hash.
  static const std::size_t seed = std::random_device{}();
  std::size_t hash = seed;
  boost::hash_combine(hash, key.address[0]);
  boost::hash_combine(hash, key.address[1]);
  boost::hash_combine(hash, key.port_and_scope);
  return hash;
}

FlowTable::Flow& FlowTable::touch(const SocketAddress& peer, Clock::time_point now, bool& is_new) {
  const auto key = key_of(peer);
  const auto found = by_peer_.find(key);
  is_new = found == by_peer_.end();
  if (!is_new) {
    flows_.splice(flows_.end(), flows_, found->second);
  } else {
    if (flows_.size() >= flows_max_) remove_silent_since(flows_.front().last_received);
    auto& flow = flows_.emplace_back();
    flow.remote = to_endpoint(Transport::udp, peer);
    flow.began = now;
    by_peer_.emplace(key, std::prev(flows_.end()));
  }
  auto& flow = flows_.back();
  flow.last_received = now;
  return flow;
}

void FlowTable::remove_silent_since(Clock::time_point when) {
  while (!flows_.empty() && flows_.front().last_received <= when) {
    if (on_removal_) on_removal_(flows_.front());
    by_peer_.erase(key_of(to_socket_address(flows_.front().remote)));
    flows_.pop_front();
  }
}

}  // namespace portlab
