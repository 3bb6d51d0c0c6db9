#include "servers/forward/forward_targets.hpp"

#include <algorithm>
#include <utility>

#include "common/system/interfaces.hpp"

namespace portlab {

namespace {

/// Addresses of a name that are tried, so that a client does not wait for all of many.
constexpr std::size_t addresses_max = 4;
constexpr std::size_t names_max = 1'000;

/// Whether a connection to `target` arrives at a listener at `at`.
bool arrives_at(const Endpoint& at, const Endpoint& target) {
  if (at.transport != target.transport) return false;
  if (at.transport == Transport::local) return at.path == target.path;
  if (at.port != target.port || at.port == 0) return false;
  if (at.address == target.address) return true;
  if (!at.address.is_unspecified() || at.address.is_v4() != target.address.is_v4()) return false;
  if (target.address.is_loopback()) return true;
  const auto own = interface_addresses();
  return std::ranges::find(own, target.address, &InterfaceAddress::address) != own.end();
}

}  // namespace

Result<void> ForwardTargets::check(const ListenRequest& request) {
  const auto target = parse_forward_target(request.argument);
  if (!target) return target.error();
  const auto transport = request.at.transport;
  if (!target->path.empty() && transport == Transport::udp)
    return Error{"a Unix socket is not udp: write HOST:PORT behind forward/udp"};
  if (target->path.empty() && !target->address)
    if (const auto found = look_up(target->host, request.at_start); !found) return found.error();
  for (const auto& endpoint : endpoints(request.argument, transport))
    if (arrives_at(request.at, endpoint))
      return Error{endpoint.to_string() +
                   " is where this forward listens: it would connect to itself"};
  return {};
}

Result<void> ForwardTargets::look_up(const std::string& name, bool at_start) {
  {
    const std::lock_guard lock(mutex_);
    if (known_.contains(name)) return {};
    if (known_.size() >= names_max) return Error{name + ": too many names: write an address"};
  }
  std::vector<asio::ip::address> found;
  if (name == "localhost") {  // needs no resolver (RFC 6761 section 6.3)
    found = {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
  } else if (!at_start) {
    return Error{name +
                 ": portlabd looks up names only when it starts: write an address, or "
                 "restart it with this forward"};
  } else {
    auto answer = look_up_(name);
    if (!answer) return Error{name + ": " + answer.error().text};
    found = std::move(*answer);
  }
  if (found.empty()) return Error{name + ": the name has no address"};
  if (found.size() > addresses_max) found.resize(addresses_max);
  const std::lock_guard lock(mutex_);
  known_.emplace(name, std::move(found));
  return {};
}

std::vector<asio::ip::address> ForwardTargets::addresses(const ForwardTarget& target) const {
  if (target.address) return {*target.address};
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(target.host);
  return found == known_.end() ? std::vector<asio::ip::address>() : found->second;
}

std::vector<Endpoint> ForwardTargets::endpoints(std::string_view argument,
                                                Transport transport) const {
  const auto target = parse_forward_target(argument);
  if (!target) return {};
  if (!target->path.empty()) return {local_endpoint(target->path)};
  std::vector<Endpoint> all;
  for (const auto& address : addresses(*target))
    all.push_back(transport == Transport::udp ? udp_endpoint(address, target->port)
                                              : tcp_endpoint(address, target->port));
  return all;
}

}  // namespace portlab
