// The facts of portlab why that are rules of this machine, or of the network that it is in.

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "clients/dns_exchange.hpp"
#include "clients/machine.hpp"
#include "clients/neighbour.hpp"
#include "clients/port_facts.hpp"
#include "clients/resolve.hpp"
#include "clients/terminal.hpp"
#include "clients/why/facts.hpp"
#include "common/control.hpp"
#include "common/linux/namespace_advice.hpp"
#include "common/port.hpp"
#include "common/service_names.hpp"
#include "common/session_row.hpp"

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

std::optional<Fact> resolved_name(const Scene& scene) {
  if (!scene.place || scene.place->host.empty() || parse_address(scene.place->host))
    return std::nullopt;
  const auto host = printable(scene.place->host);
  if (!scene.place->endpoint)
    return Fact{"name", "no address now: " + scene.place->no_address, {{"address", nullptr}}};
  const auto address = scene.place->endpoint->address.to_string();
  return Fact{"name", host + " is " + address + " now", {{"address", address}}};
}

std::optional<Fact> whose_address(const Scene& scene) {
  if (scene.address() == nullptr) return std::nullopt;
  const auto& address = scene.address()->address;
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

std::optional<Fact> way_there(const Scene& scene) {
  if (scene.address() == nullptr || is_own(scene.address()->address)) return std::nullopt;
  const auto way = way_to(scene.address()->address);
  if (way.error != 0)
    return Fact{
        "way", "none: the kernel says: " + std::string(std::strerror(way.error)), {{"way", false}}};
  const auto source = way.source.to_string();
  return Fact{"way",
              "from " + source + (way.interface.empty() ? "" : " by interface " + way.interface),
              {{"way", true}, {"source", source}, {"interface", way.interface}}};
}

std::optional<Fact> this_network(const Scene& scene) {
  const bool own = is_in_private_network();
  // On the machine's own network the addresses matter only to who looks for another machine.
  const bool near = scene.address() != nullptr && (scene.address()->address.is_loopback() ||
                                                   scene.address()->address.is_unspecified());
  if (!own && (near || scene.address() == nullptr)) return std::nullopt;
  std::string text = own ? "private, a machine of its own: " : "this machine's: ";
  json::array addresses;
  for (const auto& each : own_addresses()) {
    text += (addresses.empty() ? "" : ", ") + each.interface + " " + each.address.to_string();
    addresses.push_back({{"interface", each.interface}, {"address", each.address.to_string()}});
  }
  if (addresses.empty()) text += "no interface is up";
  return Fact{"network", text, {{"private", own}, {"addresses", std::move(addresses)}}};
}

std::optional<Fact> ipv6_here(const Scene& scene) {
  const bool asked = scene.address() == nullptr || scene.address()->address.is_v6();
  if (!asked) return std::nullopt;
  const bool has = has_ipv6_loopback();
  return Fact{"IPv6",
              has ? "this machine has it: ::1 can be used"
                  : "this machine has none: ::1 can't be used (net.ipv6.conf.lo.disable_ipv6, or a "
                    "kernel without IPv6)",
              {{"ipv6", has}}};
}

std::optional<Fact> name_servers(const Scene& scene) {
  const bool lab = !scene.place || is_lab_name(scene.place->host);
  std::string text;
  json::array servers;
  const auto add = [&](const std::string& server) {
    text += (servers.empty() ? "" : ", ") + server;
    servers.push_back(json::value(server));
  };
  if (lab && scene.place) {
    const auto server = dns_server({}, Transport::udp);
    add(server.host + " port " + std::to_string(server.port));
    text += neighbour() == nullptr ? ", the usual place: no portlabd of yours was found"
            : neighbour()->here    ? ", your portlabd"
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

std::optional<Fact> patience(const Scene& scene) {
  if (scene.address() != nullptr && scene.address()->transport != Transport::tcp)
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

std::optional<Fact> may_listen(const Scene& scene) {
  if (scene.port() == nullptr || !is_own(scene.port()->address)) return std::nullopt;
  const auto& endpoint = *scene.port();
  const auto bindable = try_to_bind(endpoint);
  std::string text;
  switch (bindable) {
    case Bindable::free:
      text = "yes: the port is free";
      break;
    case Bindable::in_use:
      text = listener_at(scene, endpoint) != nullptr
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

std::optional<Fact> low_ports(const Scene&) {
  const auto rule = first_unprivileged_port();
  const auto first = first_port_allowed();
  std::string text = "ports from " + std::to_string(rule) +
                     " on are everybody's here "
                     "(net.ipv4.ip_unprivileged_port_start); below, ";
  text += first == 0 ? "this process may listen, too" : "this process lacks CAP_NET_BIND_SERVICE";
  return Fact{"you may", text, {{"first_unprivileged", rule}, {"first_allowed", first}}};
}

std::optional<Fact> client_ports(const Scene& scene) {
  const auto range = ephemeral_range();
  if (!range) return std::nullopt;
  const auto text = std::to_string(range->first) + " to " + std::to_string(range->last) + ", " +
                    std::to_string(range->size()) + " ports (net.ipv4.ip_local_port_range)";
  const bool inside = scene.port() != nullptr && range->contains(scene.port()->port);
  return Fact{"ephemeral",
              text + (inside ? "; this port is one of them: a client may have it by chance" : ""),
              range_data(*range)};
}

std::optional<Fact> descriptors(const Scene&) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return Fact{"limit",
              std::to_string(limit.rlim_max) +
                  " open files for a process (ulimit -Hn); portlab "
                  "takes as many as it may",
              {{"hard_limit", limit.rlim_max}}};
}

std::optional<Fact> registered(const Scene& scene) {
  if (scene.port() == nullptr) return std::nullopt;
  const auto name = service_name(scene.port()->port, to_string(scene.port()->transport));
  return Fact{"IANA",
              name.empty() ? "has assigned this port to nobody"
                           : "has assigned this port to " + std::string(name),
              {{"service", name}}};
}

std::optional<Fact> socket_file(const Scene& scene) {
  if (!scene.place || !scene.place->endpoint ||
      scene.place->endpoint->transport != Transport::local)
    return std::nullopt;
  const auto& path = scene.place->endpoint->path;
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

std::optional<Fact> control_socket(const Scene&) {
  const auto path = printable(control_path_to_visit());
  const bool answers = neighbour() != nullptr;
  return Fact{"portlabd",
              answers ? "one of yours answers at " + path +
                            (neighbour()->here ? "" : " (in a private network)")
                      : "none answers at " + path + ", where the clients look for it",
              {{"control", path}, {"answers", answers}}};
}

}  // namespace portlab
