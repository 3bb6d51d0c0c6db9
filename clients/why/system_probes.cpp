// The probes of portlab why that read settings and the network of this machine.

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "clients/cli/terminal.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/dns_exchange.hpp"
#include "clients/net/host_info.hpp"
#include "clients/net/resolver.hpp"
#include "clients/why/why.hpp"
#include "common/control_path.hpp"
#include "common/port.hpp"
#include "common/service_names.hpp"
#include "common/system/namespace_advice.hpp"
#include "common/system/port_settings.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

json::object range_data(const PortRange& range) {
  return {{"first", range.first}, {"last", range.last}};
}

std::string interface_of(const asio::ip::address& address) {
  for (const auto& own : own_addresses())
    if (own.address == address) return own.interface;
  return {};
}

std::optional<std::string> broadcast_interface(const asio::ip::address& address) {
  for (const auto& own : own_addresses())
    if (own.broadcast && *own.broadcast == address) return own.interface;
  if (address.is_v4() && address.to_v4() == asio::ip::address_v4::broadcast()) return "all";
  return std::nullopt;
}

}  // namespace

bool is_own_address(const asio::ip::address& address) {
  return address.is_loopback() || address.is_unspecified() || !interface_of(address).empty();
}

std::optional<Finding> find_address(const Context& context) {
  if (!context.target || context.target->host.empty() || parse_address(context.target->host))
    return std::nullopt;
  const auto host = printable(context.target->host);
  if (!context.target->endpoint)
    return Finding{"name", "no address now: " + context.target->no_address, {{"address", nullptr}}};
  const auto address = context.target->endpoint->address.to_string();
  return Finding{"name", host + " is " + address + " now", {{"address", address}}};
}

std::optional<Finding> classify_address(const Context& context) {
  if (context.address() == nullptr) return std::nullopt;
  const auto& address = context.address()->address;
  const auto text = address.to_string();
  const auto fact = [&](const std::string& is, bool own) {
    return Finding{"address", text + " is " + is, {{"address", text}, {"own", own}}};
  };
  if (address.is_unspecified())
    return fact("not a host's address: it means all addresses of this machine", true);
  if (const auto name = interface_of(address); !name.empty() && !address.is_loopback())
    return fact("an address of this machine (interface " + name + ")", true);
  if (address.is_loopback()) return fact("a loopback address: only this machine", true);
  if (address.is_multicast())
    return fact("a multicast address: of a group, not of a machine", false);
  if (broadcast_interface(address))
    return fact("a broadcast address: of all machines, so tcp can't connect to it", false);
  return fact("of another machine: no interface here has it", false);
}

std::optional<Finding> find_route(const Context& context) {
  if (context.address() == nullptr || is_own_address(context.address()->address))
    return std::nullopt;
  const auto route = route_to(context.address()->address);
  if (route.error != 0)
    return Finding{
        "route", "none: " + std::string(std::strerror(route.error)), {{"exists", false}}};
  const auto source = route.source.to_string();
  return Finding{
      "route",
      "from " + source + (route.interface.empty() ? "" : " on interface " + route.interface),
      {{"exists", true}, {"source", source}, {"interface", route.interface}}};
}

std::optional<Finding> describe_network(const Context& context) {
  const bool own = is_in_private_network();
  // Outside a private network, the addresses matter only for a target on another machine.
  const bool near = context.address() != nullptr && (context.address()->address.is_loopback() ||
                                                     context.address()->address.is_unspecified());
  if (!own && (near || context.address() == nullptr)) return std::nullopt;
  std::string text = own ? "private: " : "this machine's: ";
  json::array addresses;
  for (const auto& each : own_addresses()) {
    text += (addresses.empty() ? "" : ", ") + each.interface + " " + each.address.to_string();
    addresses.push_back({{"interface", each.interface}, {"address", each.address.to_string()}});
  }
  if (addresses.empty()) text += "no interface is up";
  return Finding{"network", text, {{"private", own}, {"addresses", std::move(addresses)}}};
}

std::optional<Finding> check_ipv6(const Context& context) {
  const bool asked = context.address() == nullptr || context.address()->address.is_v6();
  if (!asked) return std::nullopt;
  const bool has = has_ipv6_loopback();
  return Finding{
      "IPv6",
      has ? "this machine has it: ::1 works"
          : "this machine has none: ::1 does not work (net.ipv6.conf.lo.disable_ipv6, or a "
            "kernel without IPv6)",
      {{"ipv6", has}}};
}

std::optional<Finding> find_name_servers(const Context& context) {
  const bool lab = !context.target || is_lab_name(context.target->host);
  std::string text;
  json::array servers;
  const auto add = [&](const std::string& server) {
    text += (servers.empty() ? "" : ", ") + server;
    servers.push_back(json::value(server));
  };
  if (lab && context.target) {
    const auto server = dns_server({}, Transport::udp);
    add(server.host + " port " + std::to_string(server.port));
    text += local_server() == nullptr ? ", the default: no portlabd of yours is running"
            : local_server()->here    ? ", your portlabd"
                                      : ": but your portlabd is in a private network";
  } else {
    std::ifstream file("/etc/resolv.conf");
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string keyword, server;
      if (words >> keyword >> server && keyword == "nameserver") add(printable(server));
    }
    text += servers.empty() ? "/etc/resolv.conf names no name server" : " (/etc/resolv.conf)";
  }
  return Finding{"resolver", text, {{"servers", std::move(servers)}}};
}

std::optional<Finding> find_connect_timeout(const Context& context) {
  if (context.address() != nullptr && context.address()->transport != Transport::tcp)
    return std::nullopt;
  const auto setting = parse_number(read_setting("net/ipv4/tcp_syn_retries"), 1, 127);
  if (!setting) return std::nullopt;
  // The first time-out is 1 s, each further one twice as long (RFC 6298 sections 2.1 and 5.5), at
  // most 120 s in Linux (TCP_RTO_MAX).
  std::uint64_t seconds = 0;
  std::uint64_t wait = 1;
  for (std::uint64_t tries = 0; tries <= *setting; ++tries) {
    seconds += wait;
    wait = std::min<std::uint64_t>(wait * 2, 120);
  }
  return Finding{"kernel",
                 "sends SYN " + std::to_string(*setting + 1) + " times, for " +
                     std::to_string(seconds) +
                     " s in all (net.ipv4.tcp_syn_retries); portlab stops after 5 s, or "
                     "--timeout SECONDS",
                 {{"syn_retries", *setting}, {"seconds", seconds}}};
}

std::optional<Finding> check_bind(const Context& context) {
  if (context.port() == nullptr || !is_own_address(context.port()->address)) return std::nullopt;
  const auto& endpoint = *context.port();
  const auto bindable = try_to_bind(endpoint);
  std::string text;
  switch (bindable) {
    case Bindable::free:
      text = "yes: the port is free";
      break;
    case Bindable::in_use:
      text = listener_at(context, endpoint) != nullptr || !context.knows(endpoint.transport)
                 ? "not now: it is in use"
                 : "not now: a socket that does not listen has it (a client, or one that is only "
                   "bound)";
      break;
    case Bindable::forbidden:
      text = "no: permission denied";
      break;
    case Bindable::unknown:
      text = "unknown: bind(2) failed for another reason";
      break;
  }
  return Finding{"bind", text, {{"bind", to_string(bindable)}}};
}

std::optional<Finding> find_privileged_ports(const Context&) {
  const auto rule = first_unprivileged_port();
  const auto first = first_port_allowed();
  std::string text = "every user may listen on ports from " + std::to_string(rule) +
                     " on "
                     "(net.ipv4.ip_unprivileged_port_start); below, ";
  text += first == 0 ? "this process may listen, too" : "this process lacks CAP_NET_BIND_SERVICE";
  return Finding{"low ports", text, {{"first_unprivileged", rule}, {"first_allowed", first}}};
}

std::optional<Finding> find_ephemeral_range(const Context& context) {
  const auto range = ephemeral_range();
  if (!range) return std::nullopt;
  const auto text = std::to_string(range->first) + " to " + std::to_string(range->last) + ", " +
                    std::to_string(range->size()) + " ports (net.ipv4.ip_local_port_range)";
  const bool inside = context.port() != nullptr && range->contains(context.port()->port);
  return Finding{
      "ephemeral",
      text + (inside ? "; this port is one of them: the kernel may give it to a client" : ""),
      range_data(*range)};
}

std::optional<Finding> find_descriptor_limit(const Context&) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return Finding{"limit",
                 std::to_string(limit.rlim_max) +
                     " open files for a process (ulimit -Hn); portlab "
                     "raises its own limit to that",
                 {{"hard_limit", limit.rlim_max}}};
}

std::optional<Finding> find_registered_service(const Context& context) {
  if (context.port() == nullptr) return std::nullopt;
  const auto name = service_name(context.port()->port, to_string(context.port()->transport));
  return Finding{"IANA",
                 name.empty() ? "has not assigned this port"
                              : "has assigned this port to " + std::string(name),
                 {{"service", name}}};
}

std::optional<Finding> check_socket_file(const Context& context) {
  if (!context.target || !context.target->endpoint ||
      context.target->endpoint->transport != Transport::local)
    return std::nullopt;
  const auto& path = context.target->endpoint->path;
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0)
    return Finding{"file",
                   printable(path) + ": " + std::strerror(errno),
                   {{"path", printable(path)}, {"exists", false}}};
  const bool socket = S_ISSOCK(facts.st_mode);
  std::ostringstream mode;
  mode << std::oct << (facts.st_mode & 07777);
  return Finding{"file",
                 printable(path) + (socket ? " is a socket" : " is not a socket") + ", of uid " +
                     std::to_string(facts.st_uid) + ", mode 0" + mode.str(),
                 {{"path", printable(path)},
                  {"exists", true},
                  {"socket", socket},
                  {"uid", facts.st_uid},
                  {"mode", "0" + mode.str()}}};
}

std::optional<Finding> check_control_socket(const Context&) {
  const auto path = printable(find_control_path());
  const bool answers = local_server() != nullptr;
  return Finding{"portlabd",
                 answers ? "a portlabd of yours answers at " + path +
                               (local_server()->here ? "" : " (in a private network)")
                         : "none answers at " + path + ", the default path",
                 {{"control", path}, {"answers", answers}}};
}

}  // namespace portlab
