#include "clients/why/why.hpp"

#include <map>
#include <utility>

#include "clients/net/sock_diag.hpp"

namespace portlab {

namespace {

const std::vector<Probe*> after_an_end{find_address,      classify_address, find_listener,
                                       find_accept_queue, count_sessions,   count_time_wait,
                                       find_all_listeners};

/// The probes for each error, in the order in which their findings are shown.
const std::map<NetError, std::vector<Probe*>> probes_for{
    {NetError::refused,
     {find_address, classify_address, find_listener, check_connection, find_same_port,
      find_nearest_listeners, find_moved_service, find_all_listeners, check_bind, find_route,
      describe_network}},
    {NetError::timeout,
     {find_address, classify_address, find_route, find_listener, find_accept_queue,
      find_moved_service, count_sessions, find_all_listeners, find_connect_timeout,
      describe_network}},
    {NetError::unreachable,
     {find_address, classify_address, find_listener, check_connection, find_route, describe_network,
      check_ipv6}},
    {NetError::reset, after_an_end},
    {NetError::closed, after_an_end},
    {NetError::rejected, after_an_end},
    {NetError::wrong_service,
     {find_address, classify_address, find_listener, find_registered_service, find_moved_service,
      find_all_listeners}},
    {NetError::tls,
     {find_address, classify_address, find_listener, find_registered_service, find_moved_service}},
    {NetError::certificate, {find_address, classify_address, find_listener}},
    {NetError::name, {find_address, find_name_servers}},
    {NetError::in_use,
     {classify_address, find_listener, find_same_port, count_time_wait, check_bind,
      find_ephemeral_range, find_privileged_ports, find_all_listeners}},
    {NetError::denied,
     {classify_address, check_bind, find_privileged_ports, describe_network, check_socket_file}},
    {NetError::not_available, {classify_address, describe_network, find_ephemeral_range}},
    {NetError::taken,
     {find_address, count_sessions, count_time_wait, find_ephemeral_range, find_all_listeners}},
    {NetError::no_family, {classify_address, check_ipv6}},
    {NetError::descriptors, {find_descriptor_limit, count_sessions}},
    {NetError::too_long, {classify_address, find_route}},
    {NetError::no_socket, {check_socket_file, check_control_socket}},
};

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
  auto table = read_socket_table();
  return {net_error,
          std::move(target),
          std::move(table.rows),
          std::move(table.no_tcp),
          std::move(table.no_udp),
          table.from_proc};
}

namespace {

std::vector<Finding> run(const std::vector<Probe*>& probes, const Context& context) {
  std::vector<Finding> findings;
  for (auto* const probe : probes)
    if (auto finding = probe(context)) findings.push_back(std::move(*finding));
  // Which of the two transports matters; without a port, both.
  const auto* const port = context.port();
  const bool tcp = port == nullptr || port->transport == Transport::tcp;
  const bool udp = port == nullptr || port->transport == Transport::udp;
  if (tcp && !context.no_tcp.empty())
    findings.push_back({"sockets", "unknown: " + context.no_tcp, {{"known", false}}});
  if (udp && !context.no_udp.empty() && (!tcp || context.no_udp != context.no_tcp))
    findings.push_back({"sockets", "unknown: " + context.no_udp, {{"known", false}}});
  return findings;
}

}  // namespace

std::vector<Finding> findings_about_listener(const Context& context) {
  return run({find_address, classify_address, find_listener, find_registered_service,
              find_accept_queue, count_sessions},
             context);
}

std::vector<Finding> findings_about_open_ports(const Context& context) {
  return run({find_all_listeners, describe_network}, context);
}

std::vector<Finding> findings_of(const Context& context) {
  auto probes = probes_for.at(context.net_error);
  const bool local = context.target && context.target->endpoint &&
                     context.target->endpoint->transport == Transport::local;
  if (local) probes = {check_socket_file, check_control_socket};
  return run(probes, context);
}

}  // namespace portlab
