#include "clients/why/why.hpp"

#include <optional>
#include <string>

#include "clients/cli/net_error.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/host_info.hpp"
#include "clients/net/scan_permission.hpp"
#include "clients/net/server_place.hpp"
#include "common/known_services.hpp"
#include "common/system/private_network.hpp"

namespace portlab {

namespace {

/// The command for a service of portlabd where it listens now.
Suggestion command_for(const ListenerRow& row, const Endpoint& wanted) {
  auto at = row.endpoint;
  if (at.address.is_unspecified()) at.address = wanted.address;
  return {client_command(row.service, at),
          "your portlabd has " + printable(row.service) + " there"};
}

/// The service whose default port this is; http or, over udp, echo for other ports.
std::string service_for(const Endpoint& endpoint) {
  const bool is_udp = endpoint.transport == Transport::udp;
  const std::string suffix = is_udp ? "/udp" : "";
  for (const auto& service : known_services())
    if (service.default_port == endpoint.port && (is_udp ? service.udp : service.tcp))
      return std::string(service.name) + suffix;
  return (is_udp ? "echo" : "http") + suffix;
}

/// How to start servers without root: in a private network where possible, else on free ports.
Suggestion servers_without_root() {
  if (!is_in_private_network() && private_network_possible())
    return {"portlabd --private", "the real ports, in a private network; then portlab enter"};
  for (const auto shift : server_shifts)
    if (shift != 0 && room_for_services(shift).complete())
      return {"portlabd --shift " + std::to_string(shift),
              "every port " + std::to_string(shift) + " higher, without root"};
  return {"portlabd http=0", "on a free port, which it prints"};
}

Suggestion server_at(const Endpoint& endpoint) {
  if (try_to_bind(endpoint) == Bindable::free)
    return {"portlabd " + service_for(endpoint) + "=" + endpoint.address_and_port(),
            "a server there"};
  return servers_without_root();
}

Suggestion connect_command(const Endpoint& endpoint, const std::string& shows,
                           const std::string& more = {}) {
  return {std::string("portlab connect ") + (endpoint.transport == Transport::udp ? "-u " : "") +
              more + endpoint.address_and_port(),
          shows};
}

const Suggestion listeners_here{"portlab netstat -a", "all listeners and sessions of this machine"};
const Suggestion addresses_here{"ip address", "the addresses of this machine"};

const Suggestion ports_here{"portlab scan",
                            "each port that is open here, its program, and who can reach it"};

/// A scan of this port, or of the ports that are scanned usually. Nothing where the address may be
/// another person's.
std::optional<Suggestion> scan_of(const Endpoint& endpoint, const std::string& shows) {
  if (permission_to_scan(endpoint.address) == ScanPermission::needs_consent) return std::nullopt;
  auto command = "portlab scan " + endpoint.address.to_string();
  if (endpoint.port != 0)
    command +=
        " " + std::to_string(endpoint.port) + (endpoint.transport == Transport::udp ? "/udp" : "");
  return Suggestion{command, shows};
}

std::optional<Suggestion> scan_of_host(Endpoint endpoint) {
  endpoint.port = 0;
  return scan_of(endpoint, "which ports of that machine are open");
}

void add(std::vector<Suggestion>& steps, const std::optional<Suggestion>& step) {
  if (step) steps.push_back(*step);
}

std::vector<Suggestion> after_refusal(const Context& context) {
  if (local_server() != nullptr && !local_server()->here)
    return {{"portlab enter", "enters the private network of your portlabd"}, listeners_here};
  if (context.port() == nullptr) return {ports_here, servers_without_root()};
  const auto& endpoint = *context.port();
  if (const auto* row = moved_listener(endpoint)) return {command_for(*row, endpoint), ports_here};
  if (!is_own_address(endpoint.address)) {
    std::vector<Suggestion> steps{
        {"portlab port " + std::to_string(endpoint.port), "what is expected at this port"}};
    add(steps, scan_of_host(endpoint));
    steps.push_back(connect_command(endpoint, "once more"));
    return steps;
  }
  if (listener_at(context, endpoint) != nullptr)
    return {connect_command(endpoint, "a program listens there now: try again"),
            {"sudo nft list ruleset", "this machine's firewall: a rule may reject with tcp reset"}};
  return {server_at(endpoint), ports_here};
}

std::vector<Suggestion> after_silence(const Context& context) {
  if (context.address() == nullptr) return {listeners_here};
  const auto& address = context.address()->address;
  const Suggestion route{"ip route get " + address.to_string(), "the route that packets take"};
  const Suggestion ping{"ping -c 3 " + address.to_string(),
                        "does the machine answer? (some never do)"};
  if (context.port() == nullptr)
    return is_own_address(address) ? std::vector{listeners_here} : std::vector{ping, route};
  const auto& endpoint = *context.port();
  const auto longer =
      connect_command(endpoint, "once more, with a longer time-out", "--timeout 30 ");
  if (is_own_address(endpoint.address)) return {listeners_here, longer};
  if (const auto scan =
          scan_of(endpoint, "closed, or filtered by a firewall? And how that is known"))
    return {*scan, longer, ping};
  return {longer, route, ping};
}

std::vector<Suggestion> after_in_use(const Context& context) {
  if (context.port() == nullptr) return {listeners_here, servers_without_root()};
  const auto port = std::to_string(context.port()->port);
  std::vector<Suggestion> steps{
      {"portlab port " + port, "which program has this port, tcp and udp"}, servers_without_root()};
  if (local_listener_at(*context.port()) != nullptr)
    steps.insert(steps.begin(), {"portlab server stop", "your portlabd has the port: stops it"});
  return steps;
}

std::vector<Suggestion> after_denial(const Context& context) {
  const bool connecting = context.port() != nullptr && !is_own_address(context.port()->address);
  if (connecting)
    return {{"ip route get " + context.port()->address.to_string(), "is it a broadcast address?"},
            {"sudo nft list ruleset", "this machine's firewall"}};
  return {servers_without_root(),
          {"sudo sysctl net.ipv4.ip_unprivileged_port_start=0",
           "every user may listen on every port, until the next boot"}};
}

std::vector<Suggestion> after_a_name(const Context& context) {
  if (local_server() != nullptr && !local_server()->here)
    return {
        {"portlab enter", "enters the private network of your portlabd, where its DNS server is"}};
  const auto name = context.target && !context.target->host.empty()
                        ? shell_word(context.target->host)
                        : std::string("www.lab.test");
  std::vector<Suggestion> steps{{"portlab dns " + name, "the whole answer"}};
  if (local_server() == nullptr) steps.push_back(servers_without_root());
  return steps;
}

std::vector<Suggestion> after_a_taken_tuple(const Context& context) {
  std::vector<Suggestion> steps{{"portlab netstat -a", "the sessions, with those in TIME_WAIT"}};
  if (context.port() != nullptr)
    steps.push_back(connect_command(*context.port(),
                                    "from a port that the kernel picks, so with another 4-tuple"));
  return steps;
}

/// What shows the handshake and the certificates: portlab http shows only what it accepts.
std::vector<Suggestion> after_tls(const Context& context) {
  if (context.port() == nullptr) return {{"date", "is this machine's clock right?"}};
  const auto where = context.port()->address_and_port();
  std::vector<Suggestion> steps;
  if (context.net_error == NetError::certificate) {
    steps.push_back({"portlab http --insecure https://" + where + "/",
                     "encrypted, but the server is not known"});
    steps.push_back({"date", "is this machine's clock right? A certificate has two dates"});
  }
  steps.push_back({"openssl s_client -connect " + where, "the handshake and all certificates"});
  return steps;
}

std::vector<Suggestion> after_an_end(const Context& context) {
  std::vector<Suggestion> steps;
  if (context.port() != nullptr) {
    steps.push_back(connect_command(*context.port(), "shows what the server sends"));
    if (context.net_error == NetError::wrong_service)
      add(steps, scan_of(*context.port(), "which service answers there"));
    if (local_listener_at(*context.port()) != nullptr)
      steps.push_back({"portlab server sessions", "the sessions of your portlabd"});
  }
  if (steps.size() < 3)
    steps.push_back({"portlab netstat --pairs --watch", "the sessions, every second"});
  return steps;
}

}  // namespace

std::vector<Suggestion> suggestions_about_open_ports() {
  return {ports_here,
          {"portlab scan 127.0.0.1 all", "the open ports of tcp, and which service answers there"},
          listeners_here};
}

std::vector<Suggestion> suggestions(const Context& context) {
  const auto text =
      context.address() == nullptr ? "192.0.2.1" : context.address()->address.to_string();
  switch (context.net_error) {
    case NetError::refused:
      return after_refusal(context);
    case NetError::timeout:
      return after_silence(context);
    case NetError::unreachable:
      if (context.address() != nullptr && context.address()->address.is_loopback() &&
          loopback_is_down())
        return {{loopback_up_advice, "starts the loopback interface, which is down"},
                addresses_here};
      if (context.address() != nullptr && is_own_address(context.address()->address))
        return {{"sudo nft list ruleset", "this machine's firewall: a rule may reject with icmp"}};
      return {{"ip route get " + text, "the route that the kernel takes"}, addresses_here};
    case NetError::reset:
    case NetError::closed:
    case NetError::rejected:
    case NetError::wrong_service:
      return after_an_end(context);
    case NetError::tls:
    case NetError::certificate:
      return after_tls(context);
    case NetError::name:
      return after_a_name(context);
    case NetError::in_use:
      return after_in_use(context);
    case NetError::denied:
      return after_denial(context);
    case NetError::not_available:
      return {addresses_here};
    case NetError::taken:
      return after_a_taken_tuple(context);
    case NetError::no_family:
      return {{"portlab doctor", "what this machine has"}};
    case NetError::descriptors:
      return {{"ulimit -n", "how many files a process of this shell may open"},
              {"portlab doctor", "what that means for the labs"}};
    case NetError::too_long:
      return {{"portlab dns big.lab.test TXT",
               "a long answer: the client repeats the question over tcp"}};
    case NetError::no_socket:
      return {servers_without_root(), {"portlab server status", "is a portlabd running now?"}};
  }
  return {};
}

}  // namespace portlab
