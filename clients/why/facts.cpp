#include "clients/why/facts.hpp"

#include <span>
#include <utility>

#include "clients/netstat/sock_diag.hpp"
#include "clients/why/fact_lookups.hpp"

namespace portlab {

namespace {

/// What is looked at for an error, in the order in which it is told.
std::vector<FactLookup*> looks_for(NetError net_error) {
  switch (net_error) {
    case NetError::refused:
      return {resolved_name,     whose_address, listens_there, listens_beside, nearest_listeners,
              service_elsewhere, all_listeners, may_listen,    route_there,    this_network};
    case NetError::timeout:
      return {resolved_name,     whose_address,  route_there,   listens_there,   queue_of_listener,
              service_elsewhere, sessions_there, all_listeners, connect_timeout, this_network};
    case NetError::unreachable:
      return {resolved_name, whose_address, route_there, this_network, ipv6_here};
    case NetError::reset:
    case NetError::closed:
    case NetError::turned_away:
      return {resolved_name,  whose_address, listens_there, queue_of_listener,
              sessions_there, time_wait,     all_listeners};
    case NetError::wrong_service:
      return {resolved_name, whose_address,     listens_there,
              registered,    service_elsewhere, all_listeners};
    case NetError::name:
      return {resolved_name, name_servers};
    case NetError::in_use:
      return {whose_address, listens_there, listens_beside, time_wait,
              may_listen,    client_ports,  low_ports,      all_listeners};
    case NetError::denied:
      return {whose_address, may_listen, low_ports, this_network, socket_file};
    case NetError::not_available:
      return {whose_address, this_network, client_ports};
    case NetError::taken:
      return {resolved_name, sessions_there, time_wait, client_ports, all_listeners};
    case NetError::no_family:
      return {whose_address, ipv6_here};
    case NetError::descriptors:
      return {descriptors, sessions_there};
    case NetError::too_long:
      return {whose_address, route_there};
    case NetError::no_socket:
      return {socket_file, control_socket};
  }
  return {};
}

}  // namespace

const Endpoint* Context::address() const {
  if (!target || !target->endpoint || target->endpoint->transport == Transport::local)
    return nullptr;
  return &*target->endpoint;
}

const Endpoint* Context::port() const {
  return address() != nullptr && address()->port != 0 ? address() : nullptr;
}

Context gather_context(NetError net_error, std::optional<WhyTarget> target) {
  Context context{net_error, std::move(target), {}, {}};
  auto sockets = read_sockets();
  if (sockets)
    context.sockets = std::move(*sockets);
  else
    context.no_sockets = sockets.error().text;
  return context;
}

std::vector<Fact> facts_of(const Context& context) {
  std::vector<Fact> facts;
  auto looks = looks_for(context.net_error);
  const bool local = context.target && context.target->endpoint &&
                     context.target->endpoint->transport == Transport::local;
  if (local) looks = {socket_file, control_socket};
  for (auto* const look : looks)
    if (auto fact = look(context)) facts.push_back(std::move(*fact));
  if (!context.no_sockets.empty()) facts.push_back({"sockets", context.no_sockets, {}});
  return facts;
}

}  // namespace portlab
