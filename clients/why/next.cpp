#include "clients/why/next.hpp"

#include <algorithm>
#include <string>

#include "clients/machine.hpp"
#include "clients/mishap.hpp"
#include "clients/neighbour.hpp"
#include "clients/port_facts.hpp"
#include "clients/terminal.hpp"
#include "clients/why/facts.hpp"
#include "common/linux/private_network.hpp"

namespace portlab {

namespace {

/// How to call a service of portlabd at its present place.
Step call_of(const ListenerRow& row, const Endpoint& wanted) {
  auto at = row.endpoint;
  if (at.address.is_unspecified()) at.address = wanted.address;
  const auto place = at.address_and_port();
  const std::string udp = at.transport == Transport::udp ? " --udp" : "";
  const std::string shows = "your portlabd has " + printable(row.service) + " there";
  if (row.service == "http") return {"portlab http http://" + place + "/", shows};
  if (row.service == "ftp") return {"portlab ftp ftp://" + place + "/ ls", shows};
  if (row.service == "dns") return {"portlab dns www.lab.test @" + place, shows};
  if (row.service == "echo") return {"portlab echo " + place + " hello" + udp, shows};
  return {"portlab connect " + place, shows};
}

const ListenerRow* moved_service(const Endpoint& wanted) {
  if (neighbour() == nullptr || !neighbour()->here) return nullptr;
  for (const auto& row : neighbour()->listeners)
    if (row.endpoint.transport == wanted.transport && row.home_port == wanted.port &&
        row.endpoint.port != wanted.port)
      return &row;
  return nullptr;
}

std::string home_service(std::uint16_t port) {
  switch (port) {
    case 21:
      return "ftp";
    case 53:
      return "dns";
    case 7:
      return "echo";
    default:
      return "http";
  }
}

/// Servers without asking root: where this machine allows it, and else on ports that are free.
Step servers_without_root() {
  if (!is_in_private_network() && private_network_possible())
    return {"portlabd --private", "the real ports, in a network of your own; then portlab enter"};
  constexpr std::uint16_t shifts[] = {8000, 18000, 28000};
  for (const auto shift : shifts)
    if (room_for_services(shift).complete())
      return {"portlabd --shift " + std::to_string(shift),
              "every service " + std::to_string(shift) + " higher, without root"};
  return {"portlabd http=0", "on any free port: it says which"};
}

Step server_at(const Endpoint& endpoint) {
  if (try_to_bind(endpoint) == Bindable::free)
    return {"portlabd " + home_service(endpoint.port) + "=" + endpoint.address_and_port(),
            "a server there"};
  return servers_without_root();
}

Step raw_call(const Endpoint& endpoint, const std::string& shows, const std::string& more = {}) {
  return {std::string("portlab connect ") + (endpoint.transport == Transport::udp ? "-u " : "") +
              more + endpoint.address_and_port(),
          shows};
}

const Step listeners_here{"portlab netstat -a", "everything that listens here, and all sessions"};
const Step addresses_here{"ip address", "the addresses that this machine has"};

std::vector<Step> after_refusal(const Scene& scene) {
  if (neighbour() != nullptr && !neighbour()->here)
    return {{"portlab enter", "into the private network of your portlabd"}, listeners_here};
  if (scene.port() == nullptr) return {listeners_here, servers_without_root()};
  const auto& endpoint = *scene.port();
  if (const auto* row = moved_service(endpoint)) return {call_of(*row, endpoint), listeners_here};
  if (!is_own(endpoint.address))
    return {{"portlab port " + std::to_string(endpoint.port), "what is expected at this port"},
            raw_call(endpoint, "once more")};
  if (listener_at(scene, endpoint) != nullptr)
    return {raw_call(endpoint, "somebody listens now: once more")};
  return {server_at(endpoint), listeners_here};
}

std::vector<Step> after_silence(const Scene& scene) {
  if (scene.port() == nullptr) return {listeners_here};
  const auto& endpoint = *scene.port();
  const auto patient = raw_call(endpoint, "once more, with more patience", "--timeout 30 ");
  if (is_own(endpoint.address)) return {listeners_here, patient};
  return {
      patient,
      {"ip route get " + endpoint.address.to_string(), "the way that packets take"},
      {"ping -c 3 " + endpoint.address.to_string(), "is the machine there? (some do not answer)"}};
}

std::vector<Step> after_in_use(const Scene& scene) {
  if (scene.port() == nullptr) return {listeners_here, servers_without_root()};
  const auto port = std::to_string(scene.port()->port);
  std::vector<Step> steps{{"portlab port " + port, "who has this port, tcp and udp"},
                          servers_without_root()};
  if (neighbours_listener(*scene.port()) != nullptr)
    steps.insert(steps.begin(), {"portlab server stop", "it is your own portlabd: ends it"});
  return steps;
}

std::vector<Step> after_denial(const Scene& scene) {
  const bool call = scene.port() != nullptr && !is_own(scene.port()->address);
  if (call)
    return {{"ip route get " + scene.port()->address.to_string(), "is it a broadcast address?"},
            {"sudo nft list ruleset", "this machine's firewall"}};
  return {servers_without_root(),
          {"sudo sysctl net.ipv4.ip_unprivileged_port_start=0",
           "every user may listen on every port, until the next start"}};
}

std::vector<Step> after_a_name(const Scene& scene) {
  if (neighbour() != nullptr && !neighbour()->here)
    return {{"portlab enter", "into the private network of your portlabd, which has the DNS"}};
  const auto name = scene.place && !scene.place->host.empty() ? shell_word(scene.place->host)
                                                              : std::string("www.lab.test");
  std::vector<Step> steps{{"portlab dns " + name, "the whole answer"}};
  if (neighbour() == nullptr) steps.push_back(servers_without_root());
  return steps;
}

std::vector<Step> after_a_taken_tuple(const Scene& scene) {
  std::vector<Step> steps{{"portlab netstat -a", "the sessions, with those in TIME_WAIT"}};
  if (scene.port() != nullptr)
    steps.push_back(raw_call(*scene.port(), "from a port that the kernel picks: another 4-tuple"));
  return steps;
}

std::vector<Step> after_an_end(const Scene& scene) {
  std::vector<Step> steps;
  if (scene.port() != nullptr) {
    steps.push_back(raw_call(*scene.port(), "what does it say, raw?"));
    if (neighbours_listener(*scene.port()) != nullptr)
      steps.push_back({"portlab server sessions", "what your portlabd thinks of its sessions"});
  }
  steps.push_back({"portlab netstat --pairs --watch", "sessions as they come and go"});
  return steps;
}

}  // namespace

std::vector<Step> next_steps(const Scene& scene) {
  const auto text = scene.address() == nullptr ? "192.0.2.1" : scene.address()->address.to_string();
  switch (scene.mishap) {
    case Mishap::refused:
      return after_refusal(scene);
    case Mishap::timeout:
      return after_silence(scene);
    case Mishap::unreachable:
      return {{"ip route get " + text, "the way that the kernel would take"}, addresses_here};
    case Mishap::reset:
    case Mishap::closed:
    case Mishap::turned_away:
    case Mishap::wrong_service:
      return after_an_end(scene);
    case Mishap::name:
      return after_a_name(scene);
    case Mishap::in_use:
      return after_in_use(scene);
    case Mishap::denied:
      return after_denial(scene);
    case Mishap::not_available:
      return {addresses_here};
    case Mishap::taken:
      return after_a_taken_tuple(scene);
    case Mishap::no_family:
      return {{"portlab doctor", "what this machine has"}};
    case Mishap::descriptors:
      return {{"ulimit -n", "how many files a process of this shell may open"},
              {"portlab doctor", "what that means for the labs"}};
    case Mishap::too_long:
      return {{"portlab dns big.lab.test TXT", "a long answer: DNS asks again over tcp"}};
    case Mishap::no_socket:
      return {servers_without_root(), {"portlab server status", "is one there now?"}};
  }
  return {};
}

}  // namespace portlab
