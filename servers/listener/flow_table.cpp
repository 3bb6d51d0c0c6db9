#include "servers/listener/flow_table.hpp"

#include <boost/container_hash/hash.hpp>
#include <iterator>
#include <random>

namespace portlab {

std::size_t FlowTable::Hash::operator()(std::string_view key) const {
  // Peers choose their addresses and ports. The random seed keeps them from choosing keys that all
  // have the same hash.
  static const std::size_t seed = std::random_device{}();
  std::size_t hash = seed;
  boost::hash_range(hash, key.begin(), key.end());
  return hash;
}

FlowTable::Flow& FlowTable::touch(const SocketAddress& peer, Clock::time_point now, bool& is_new) {
  const std::string_view key(reinterpret_cast<const char*>(peer.data()), peer.size);
  const auto found = by_peer_.find(key);
  is_new = found == by_peer_.end();
  if (!is_new) {
    flows_.splice(flows_.end(), flows_, found->second);
  } else {
    if (flows_.size() >= flows_max_) remove_silent_since(flows_.front().last_received);
    auto& flow = flows_.emplace_back();
    flow.row.remote = to_endpoint(Transport::udp, peer);
    flow.began = now;
    flow.key = key;
    by_peer_.emplace(flow.key, std::prev(flows_.end()));
  }
  auto& flow = flows_.back();
  flow.last_received = now;
  return flow;
}

void FlowTable::remove_silent_since(Clock::time_point when) {
  while (!flows_.empty() && flows_.front().last_received <= when) {
    if (on_removal_) on_removal_(flows_.front());
    by_peer_.erase(flows_.front().key);
    flows_.pop_front();
  }
}

}  // namespace portlab
