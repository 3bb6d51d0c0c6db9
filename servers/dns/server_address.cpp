#include "servers/dns/server_address.hpp"

#include <algorithm>
#include <utility>

namespace portlab::dns {

namespace {

using namespace std::chrono_literals;

constexpr auto known_for = 1s;
constexpr std::size_t known_max = 16;

/// Whether other hosts can reach a TCP listener of this server at `address`.
bool has_listener(const asio::ip::address& address, const std::vector<ListenerRow>& listeners) {
  return std::any_of(listeners.begin(), listeners.end(), [&](const ListenerRow& row) {
    const auto& bound = row.endpoint.address;
    return row.endpoint.transport == Transport::tcp && bound.is_v4() == address.is_v4() &&
           (bound == address || bound.is_unspecified());
  });
}

void set(ServerAddresses& addresses, const asio::ip::address& address) {
  (address.is_v4() ? addresses.v4 : addresses.v6) = address;
}

}  // namespace

ServerAddresses addresses_beside(const asio::ip::address& arrived_at,
                                 const std::vector<ListenerRow>& listeners,
                                 const std::vector<InterfaceAddress>& interfaces) {
  ServerAddresses found;
  if (!is_link_local(arrived_at)) set(found, arrived_at);
  const auto here =
      std::find_if(interfaces.begin(), interfaces.end(),
                   [&](const InterfaceAddress& one) { return one.address == arrived_at; });
  if (here == interfaces.end()) return found;
  for (const auto& other : interfaces) {
    auto& slot = other.address.is_v4() ? found.v4 : found.v6;
    if (slot || other.interface != here->interface || is_link_local(other.address)) continue;
    if (has_listener(other.address, listeners)) slot = other.address;
  }
  return found;
}

ServerAddressFinder::ServerAddressFinder(std::vector<asio::ip::address> public_addresses,
                                         Listeners listeners, Interfaces interfaces)
    : listeners_(std::move(listeners)), interfaces_(std::move(interfaces)) {
  for (const auto& address : public_addresses) set(public_, address);
}

std::optional<ServerAddresses> ServerAddressFinder::find(const QuestionEnds& ends) const {
  const auto& arrived_at = ends.server.address;
  if (arrived_at.is_loopback() && ends.client.address.is_loopback()) return std::nullopt;
  if (public_.v4 || public_.v6) return public_;
  // An address translation in front of a loopback listener, without --public-address: the address
  // that the client used is unknown.
  if (arrived_at.is_loopback() || arrived_at.is_unspecified()) return std::nullopt;
  return of_machine(arrived_at);
}

ServerAddresses ServerAddressFinder::of_machine(const asio::ip::address& arrived_at) const {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  std::erase_if(known_, [&](const Known& one) { return one.until <= now; });
  const auto found = std::find_if(known_.begin(), known_.end(),
                                  [&](const Known& one) { return one.arrived_at == arrived_at; });
  if (found != known_.end()) return found->addresses;
  if (known_.size() == known_max) known_.erase(known_.begin());
  known_.push_back(
      {arrived_at, addresses_beside(arrived_at, listeners_(), interfaces_()), now + known_for});
  return known_.back().addresses;
}

}  // namespace portlab::dns
