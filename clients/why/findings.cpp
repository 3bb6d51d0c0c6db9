#include "clients/why/findings.hpp"

#include <span>
#include <utility>

#include "clients/net/sock_diag.hpp"
#include "clients/why/probes.hpp"

namespace portlab {

namespace {

/// The probes for an error, in the order in which their findings are shown.
std::vector<Probe*> probes_for(NetError net_error) {
  switch (net_error) {
    case NetError::refused:
      return {find_address,
              classify_address,
              find_listener,
              find_same_port,
              find_nearest_listeners,
              find_moved_service,
              find_all_listeners,
              check_bind,
              find_route,
              describe_network};
    case NetError::timeout:
      return {find_address,         classify_address,   find_route,     find_listener,
              find_accept_queue,    find_moved_service, count_sessions, find_all_listeners,
              find_connect_timeout, describe_network};
    case NetError::unreachable:
      return {find_address, classify_address, find_route, describe_network, check_ipv6};
    case NetError::reset:
    case NetError::closed:
    case NetError::turned_away:
      return {find_address,   classify_address, find_listener,     find_accept_queue,
              count_sessions, count_time_wait,  find_all_listeners};
    case NetError::wrong_service:
      return {find_address,       classify_address,  find_listener, find_registered_service,
              find_moved_service, find_all_listeners};
    case NetError::name:
      return {find_address, find_name_servers};
    case NetError::in_use:
      return {classify_address, find_listener,        find_same_port,        count_time_wait,
              check_bind,       find_ephemeral_range, find_privileged_ports, find_all_listeners};
    case NetError::denied:
      return {classify_address, check_bind, find_privileged_ports, describe_network,
              check_socket_file};
    case NetError::not_available:
      return {classify_address, describe_network, find_ephemeral_range};
    case NetError::taken:
      return {find_address, count_sessions, count_time_wait, find_ephemeral_range,
              find_all_listeners};
    case NetError::no_family:
      return {classify_address, check_ipv6};
    case NetError::descriptors:
      return {find_descriptor_limit, count_sessions};
    case NetError::too_long:
      return {classify_address, find_route};
    case NetError::no_socket:
      return {check_socket_file, check_control_socket};
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

std::vector<Finding> findings_of(const Context& context) {
  std::vector<Finding> findings;
  auto probes = probes_for(context.net_error);
  const bool local = context.target && context.target->endpoint &&
                     context.target->endpoint->transport == Transport::local;
  if (local) probes = {check_socket_file, check_control_socket};
  for (auto* const probe : probes)
    if (auto finding = probe(context)) findings.push_back(std::move(*finding));
  if (!context.no_sockets.empty()) findings.push_back({"sockets", context.no_sockets, {}});
  return findings;
}

}  // namespace portlab
