// The facts of portlab why that are rules of this machine, or of the network that it is in.

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "clients/cli/terminal.hpp"
#include "clients/dns/dns_exchange.hpp"
#include "clients/net/host_info.hpp"
#include "clients/net/local_server.hpp"
#include "clients/net/resolver.hpp"
#include "clients/port/port_facts.hpp"
#include "clients/why/fact_lookups.hpp"
#include "common/control_protocol.hpp"
#include "common/port.hpp"
#include "common/service_names.hpp"
#include "common/session_row.hpp"
#include "common/system/namespace_advice.hpp"

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

bool is_own(const asio::ip::address& address) {
  return address.is_loopback() || address.is_unspecified() || !interface_of(address).empty();
}

std::optional<Fact> resolved_name(const Context& context) {
  if (!context.target || context.target->host.empty() || parse_address(context.target->host))
    return std::nullopt;
  const auto host = printable(context.target->host);
  if (!context.target->endpoint)
    return Fact{"name", "no address now: " + context.target->no_address, {{"address", nullptr}}};
  const auto address = context.target->endpoint->address.to_string();
  return Fact{"name", host + " is " + address + " now", {{"address", address}}};
}

std::optional<Fact> whose_address(const Context& context) {
  if (context.address() == nullptr) return std::nullopt;
  const auto& address = context.address()->address;
  const auto text = address.to_string();
  const auto fact = [&](const std::string& is, bool own) {
    return Fact{"address", text + " is " + is, {{"address", text}, {"own", own}}};
  };
  if (address.is_unspecified())
    return fact("no address: it stands for all of this machine's", true);
  if (const auto name = interface_of(address); !name.empty() && !address.is_loopback())
    return fact("this machine's own (interface " + name + ")", true);
  if (address.is_loopback()) return fact("loopback: this machine, and nobody else", true);
  if (address.is_multicast()) return fact("a group's (multicast), not a machine's", false);
  if (broadcast_interface(address))
    return fact("a broadcast address: everybody's, so tcp can't call it", false);
  return fact("another machine's: no interface here has it", false);
}

std::optional<Fact> route_there(const Context& context) {
  if (context.address() == nullptr || is_own(context.address()->address)) return std::nullopt;
  const auto way = route_to(context.address()->address);
  if (way.error != 0)
    return Fact{
        "way", "none: the kernel says: " + std::string(std::strerror(way.error)), {{"way", false}}};
  const auto source = way.source.to_string();
  return Fact{"way",
              "from " + source + (way.interface.empty() ? "" : " by interface " + way.interface),
              {{"way", true}, {"source", source}, {"interface", way.interface}}};
}

std::optional<Fact> this_network(const Context& context) {
  const bool own = is_in_private_network();
  // On the machine's own network the addresses matter only to who looks for another machine.
  const bool near = context.address() != nullptr && (context.address()->address.is_loopback() ||
                                                     context.address()->address.is_unspecified());
  if (!own && (near || context.address() == nullptr)) return std::nullopt;
  std::string text = own ? "private, a machine of its own: " : "this machine's: ";
  json::array addresses;
  for (const auto& each : own_addresses()) {
    text += (addresses.empty() ? "" : ", ") + each.interface + " " + each.address.to_string();
    addresses.push_back({{"interface", each.interface}, {"address", each.address.to_string()}});
  }
  if (addresses.empty()) text += "no interface is up";
  return Fact{"network", text, {{"private", own}, {"addresses", std::move(addresses)}}};
}

std::optional<Fact> ipv6_here(const Context& context) {
  const bool asked = context.address() == nullptr || context.address()->address.is_v6();
  if (!asked) return std::nullopt;
  const bool has = has_ipv6_loopback();
  return Fact{"IPv6",
              has ? "this machine has it: ::1 can be used"
                  : "this machine has none: ::1 can't be used (net.ipv6.conf.lo.disable_ipv6, or a "
                    "kernel without IPv6)",
              {{"ipv6", has}}};
}

std::optional<Fact> name_servers(const Context& context) {
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
    text += local_server() == nullptr ? ", the usual place: no portlabd of yours was found"
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
  return Fact{"asked", text, {{"servers", std::move(servers)}}};
}

std::optional<Fact> connect_timeout(const Context& context) {
  if (context.address() != nullptr && context.address()->transport != Transport::tcp)
    return std::nullopt;
  const auto setting = parse_number(read_setting("net/ipv4/tcp_syn_retries"), 1, 127);
  if (!setting) return std::nullopt;
  // The first wait is 1 s, each further one twice as long (RFC 6298 sections 2.1 and 5.5), at most
  // 120 s in Linux (TCP_RTO_MAX).
  std::uint64_t seconds = 0;
  std::uint64_t wait = 1;
  for (std::uint64_t tries = 0; tries <= *setting; ++tries) {
    seconds += wait;
    wait = std::min<std::uint64_t>(wait * 2, 120);
  }
  return Fact{"kernel",
              "would send SYN " + std::to_string(*setting + 1) + " times and give up after " +
                  std::to_string(seconds) +
                  " s (net.ipv4.tcp_syn_retries); portlab waits 5 s, or "
                  "--timeout SECONDS",
              {{"syn_retries", *setting}, {"seconds", seconds}}};
}

std::optional<Fact> may_listen(const Context& context) {
  if (context.port() == nullptr || !is_own(context.port()->address)) return std::nullopt;
  const auto& endpoint = *context.port();
  const auto bindable = try_to_bind(endpoint);
  std::string text;
  switch (bindable) {
    case Bindable::free:
      text = "yes: the port is free";
      break;
    case Bindable::in_use:
      text = listener_at(context, endpoint) != nullptr
                 ? "not now: it is in use"
                 : "not now: a socket has it that does not listen (a client's, or one just bound)";
      break;
    case Bindable::forbidden:
      text = "no: permission denied";
      break;
    case Bindable::unknown:
      text = "no: the system says neither free nor in use";
      break;
  }
  return Fact{"you bind", text, {{"bind", to_string(bindable)}}};
}

std::optional<Fact> low_ports(const Context&) {
  const auto rule = first_unprivileged_port();
  const auto first = first_port_allowed();
  std::string text = "ports from " + std::to_string(rule) +
                     " on are everybody's here "
                     "(net.ipv4.ip_unprivileged_port_start); below, ";
  text += first == 0 ? "this process may listen, too" : "this process lacks CAP_NET_BIND_SERVICE";
  return Fact{"you may", text, {{"first_unprivileged", rule}, {"first_allowed", first}}};
}

std::optional<Fact> client_ports(const Context& context) {
  const auto range = ephemeral_range();
  if (!range) return std::nullopt;
  const auto text = std::to_string(range->first) + " to " + std::to_string(range->last) + ", " +
                    std::to_string(range->size()) + " ports (net.ipv4.ip_local_port_range)";
  const bool inside = context.port() != nullptr && range->contains(context.port()->port);
  return Fact{"ephemeral",
              text + (inside ? "; this port is one of them: a client may have it by chance" : ""),
              range_data(*range)};
}

std::optional<Fact> descriptors(const Context&) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return Fact{"limit",
              std::to_string(limit.rlim_max) +
                  " open files for a process (ulimit -Hn); portlab "
                  "takes as many as it may",
              {{"hard_limit", limit.rlim_max}}};
}

std::optional<Fact> registered(const Context& context) {
  if (context.port() == nullptr) return std::nullopt;
  const auto name = service_name(context.port()->port, to_string(context.port()->transport));
  return Fact{"IANA",
              name.empty() ? "has assigned this port to nobody"
                           : "has assigned this port to " + std::string(name),
              {{"service", name}}};
}

std::optional<Fact> socket_file(const Context& context) {
  if (!context.target || !context.target->endpoint ||
      context.target->endpoint->transport != Transport::local)
    return std::nullopt;
  const auto& path = context.target->endpoint->path;
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0)
    return Fact{"file",
                printable(path) + ": " + std::strerror(errno),
                {{"path", printable(path)}, {"exists", false}}};
  const bool socket = S_ISSOCK(facts.st_mode);
  std::ostringstream mode;
  mode << std::oct << (facts.st_mode & 07777);
  return Fact{"file",
              printable(path) + (socket ? " is a socket" : " is no socket") + ", of uid " +
                  std::to_string(facts.st_uid) + ", mode 0" + mode.str(),
              {{"path", printable(path)},
               {"exists", true},
               {"socket", socket},
               {"uid", facts.st_uid},
               {"mode", "0" + mode.str()}}};
}

std::optional<Fact> control_socket(const Context&) {
  const auto path = printable(control_path_to_visit());
  const bool answers = local_server() != nullptr;
  return Fact{"portlabd",
              answers ? "one of yours answers at " + path +
                            (local_server()->here ? "" : " (in a private network)")
                      : "none answers at " + path + ", where the clients look for it",
              {{"control", path}, {"answers", answers}}};
}

}  // namespace portlab
