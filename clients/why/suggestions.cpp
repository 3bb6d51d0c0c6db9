#include "clients/why/suggestions.hpp"

#include <algorithm>
#include <string>

#include "clients/cli/net_error.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/host_info.hpp"
#include "clients/net/local_server.hpp"
#include "clients/why/probes.hpp"
#include "common/known_services.hpp"
#include "common/system/private_network.hpp"

namespace portlab {

namespace {

/// The command for a service of portlabd where it listens now.
Suggestion command_for(const ListenerRow& row, const Endpoint& wanted) {
  auto at = row.endpoint;
  if (at.address.is_unspecified()) at.address = wanted.address;
  const auto target = at.address_and_port();
  const std::string udp = at.transport == Transport::udp ? " --udp" : "";
  const std::string shows = "your portlabd has " + printable(row.service) + " there";
  if (row.service == "http") return {"portlab http http://" + target + "/", shows};
  if (row.service == "ftp") return {"portlab ftp ftp://" + target + "/ ls", shows};
  if (row.service == "dns") return {"portlab dns www.lab.test @" + target, shows};
  if (row.service == "echo") return {"portlab echo " + target + " hello" + udp, shows};
  return {"portlab connect " + target, shows};
}

const ListenerRow* moved_service(const Endpoint& wanted) {
  if (local_server() == nullptr || !local_server()->here) return nullptr;
  for (const auto& row : local_server()->listeners)
    if (row.endpoint.transport == wanted.transport && row.default_port == wanted.port &&
        row.endpoint.port != wanted.port)
      return &row;
  return nullptr;
}

/// The service whose default port this is; http for other ports.
std::string service_for(std::uint16_t port) {
  for (const auto& service : known_services())
    if (service.default_port == port) return std::string(service.name);
  return "http";
}

/// How to start servers without root: in a private network where possible, else on free ports.
Suggestion servers_without_root() {
  if (!is_in_private_network() && private_network_possible())
    return {"portlabd --private", "the real ports, in a private network; then portlab enter"};
  constexpr std::uint16_t shifts[] = {8000, 18000, 28000};
  for (const auto shift : shifts)
    if (room_for_services(shift).complete())
      return {"portlabd --shift " + std::to_string(shift),
              "every port " + std::to_string(shift) + " higher, without root"};
  return {"portlabd http=0", "on a free port, which it prints"};
}

Suggestion server_at(const Endpoint& endpoint) {
  if (try_to_bind(endpoint) == Bindable::free)
    return {"portlabd " + service_for(endpoint.port) + "=" + endpoint.address_and_port(),
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

std::vector<Suggestion> after_refusal(const Context& context) {
  if (local_server() != nullptr && !local_server()->here)
    return {{"portlab enter", "enters the private network of your portlabd"}, listeners_here};
  if (context.port() == nullptr) return {listeners_here, servers_without_root()};
  const auto& endpoint = *context.port();
  if (const auto* row = moved_service(endpoint))
    return {command_for(*row, endpoint), listeners_here};
  if (!is_own_address(endpoint.address))
    return {{"portlab port " + std::to_string(endpoint.port), "what is expected at this port"},
            connect_command(endpoint, "once more")};
  if (listener_at(context, endpoint) != nullptr)
    return {connect_command(endpoint, "a program listens there now: try again")};
  return {server_at(endpoint), listeners_here};
}

std::vector<Suggestion> after_silence(const Context& context) {
  if (context.port() == nullptr) return {listeners_here};
  const auto& endpoint = *context.port();
  const auto longer =
      connect_command(endpoint, "once more, with a longer time-out", "--timeout 30 ");
  if (is_own_address(endpoint.address)) return {listeners_here, longer};
  return {
      longer,
      {"ip route get " + endpoint.address.to_string(), "the route that packets take"},
      {"ping -c 3 " + endpoint.address.to_string(), "does the machine answer? (some never do)"}};
}

std::vector<Suggestion> after_in_use(const Context& context) {
  if (context.port() == nullptr) return {listeners_here, servers_without_root()};
  const auto port = std::to_string(context.port()->port);
  std::vector<Suggestion> steps{
      {"portlab port " + port, "which program has this port, tcp and udp"}, servers_without_root()};
  if (local_server_listener(*context.port()) != nullptr)
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

std::vector<Suggestion> after_an_end(const Context& context) {
  std::vector<Suggestion> steps;
  if (context.port() != nullptr) {
    steps.push_back(connect_command(*context.port(), "shows what the server sends"));
    if (local_server_listener(*context.port()) != nullptr)
      steps.push_back({"portlab server sessions", "the sessions of your portlabd"});
  }
  steps.push_back({"portlab netstat --pairs --watch", "the sessions, every second"});
  return steps;
}

}  // namespace

std::vector<Suggestion> suggestions(const Context& context) {
  const auto text =
      context.address() == nullptr ? "192.0.2.1" : context.address()->address.to_string();
  switch (context.net_error) {
    case NetError::refused:
      return after_refusal(context);
    case NetError::timeout:
      return after_silence(context);
    case NetError::unreachable:
      return {{"ip route get " + text, "the route that the kernel takes"}, addresses_here};
    case NetError::reset:
    case NetError::closed:
    case NetError::turned_away:
    case NetError::wrong_service:
      return after_an_end(context);
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
