// portlab tour: what ports are, in five scenes. Each scene says one sentence, runs real commands, and
// checks what they printed against the kernel's socket table.

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "clients/net/sock_diag.hpp"
#include "common/known_services.hpp"
#include "common/port.hpp"
#include "common/system/port_settings.hpp"
#include "labs/network/lab_network.hpp"
#include "labs/tour/tours.hpp"

namespace portlab {

namespace {

const std::uint16_t http = default_port_of("http"), ftp = default_port_of("ftp"),
                    dns = default_port_of("dns"), echo = default_port_of("echo");
constexpr std::uint16_t moved_http = 83;
const std::string host = "127.0.0.1";

/// The kernel's socket table.
std::vector<SocketRow> sockets() {
  auto rows = read_sockets();
  return rows ? std::move(*rows) : std::vector<SocketRow>{};
}

bool is_listening(Transport transport, std::uint16_t port) {
  const auto rows = sockets();
  return std::any_of(rows.begin(), rows.end(), [&](const SocketRow& row) {
    return row.transport == transport && row.local.port == port && row.is_listener();
  });
}

/// The source ports of all clients' sockets that are connected to this port (state ESTABLISHED).
std::set<std::uint16_t> clients_of(Transport transport, std::uint16_t port) {
  std::set<std::uint16_t> ports;
  for (const auto& row : sockets())
    if (row.transport == transport && row.state == TcpState::established && row.remote.port == port)
      ports.insert(row.local.port);
  return ports;
}

std::string list(const std::set<std::uint16_t>& ports) {
  std::string text;
  for (const auto port : ports) text += (text.empty() ? "" : ", ") + std::to_string(port);
  return text;
}

bool all_ephemeral(const std::set<std::uint16_t>& ports) {
  const auto range = ephemeral_range();
  return range && std::all_of(ports.begin(), ports.end(),
                              [&](std::uint16_t port) { return range->contains(port); });
}

/// "127.0.0.1", or "127.0.0.1:8007" where ports are shifted.
std::string target(const LabNetwork& network, std::uint16_t default_port) {
  return network.shift() == 0 ? host : host + ":" + std::to_string(network.port(default_port));
}

std::string hello_url(const LabNetwork& network) {
  return "http://" + target(network, http) + "/hello.txt";
}

void four_services(Demonstration& demo, LabNetwork& network) {
  demo.begin("1 · One machine, one process, four services",
             "A port is a number that says which service a packet is for. Here one process "
             "listens on four ports, and each of them belongs to another service.");
  std::vector<std::string> command{"server", "listeners"};
  if (demo.is_verbose()) command.emplace_back("--verbose");
  demo.run(command);
  bool open = true;
  for (const auto port : {http, ftp, dns, echo})
    open &= is_listening(Transport::tcp, network.port(port));
  for (const auto port : {dns, echo}) open &= is_listening(Transport::udp, network.port(port));
  demo.check(open, "the kernel's table has a listener at each of these ports; tcp " +
                       std::to_string(network.port(dns)) + " and udp " +
                       std::to_string(network.port(dns)) + " are two of them");
}

void four_clients(Demonstration& demo, LabNetwork& network) {
  demo.begin("2 · Four clients, four ephemeral ports",
             "A client needs a port too: the answer is sent to it. The kernel picks one that is "
             "free, for this session only; it is called an ephemeral port.");
  struct Client {
    Transport transport;
    std::uint16_t default_port;
    std::string output_end;  ///< the last of what the client prints
    std::vector<std::string> command;
  };
  const std::array clients{
      Client{Transport::tcp, http, "a port for it.", {"http", hello_url(network)}},
      Client{Transport::udp, dns, "over udp", {"dns", "www.lab.test"}},
      Client{Transport::tcp,
             ftp,
             "a port for it.",
             {"ftp", "ftp://" + target(network, ftp) + "/hello.txt"}},
      Client{Transport::tcp, echo, "\nhello", {"echo", target(network, echo), "hello"}}};
  std::vector<Process> running;
  std::set<std::uint16_t> sources;
  bool as_shown = true;
  for (auto client : clients) {
    if (running.size() == 2) demo.pause("two more clients, and ftp takes two ports");
    client.command.insert(client.command.end(), {"--hold", "60"});
    const auto port = network.port(client.default_port);
    running.push_back(demo.start(client.command, [&](const std::string& output) {
      return first_port_of(host, output) && !clients_of(client.transport, port).empty() &&
             output.find(client.output_end) != std::string::npos;
    }));
    const auto source = first_port_of(host, running.back().output());
    const auto in_table = clients_of(client.transport, port);
    as_shown &= source && in_table.count(*source) == 1 &&
                running.back().output().find(client.output_end) != std::string::npos;
    sources.insert(in_table.begin(), in_table.end());
  }
  demo.check(as_shown, "each client's port is in the kernel's table, as the client printed it");
  // For another destination port or transport, the kernel may pick the same number again.
  const bool different = sources.size() == clients.size();
  demo.check(!sources.empty() && all_ephemeral(sources),
             std::string(different ? "they are different, and all" : "they are all") +
                 " from this machine's ephemeral range: " + list(sources));
}

void five_sessions(Demonstration& demo, LabNetwork& network) {
  constexpr std::size_t count = 5;
  const auto port = network.port(echo);
  demo.begin("3 · Five sessions to one port",
             "One port serves many clients at once: a session is identified by both addresses and "
             "both ports (its 4-tuple), so one different number is enough.");
  const auto client = demo.start(
      {"echo", target(network, echo), "hello", "--sessions", std::to_string(count), "--hold", "60",
       "--quiet"},
      [&](const std::string&) { return clients_of(Transport::tcp, port).size() == count; });
  demo.pause("the table of the sessions");
  const auto shown = demo.run({"netstat", "--pairs", "-n"});
  demo.say(
      "(TIME_WAIT: sessions of the previous scene. They are closed; the side that closed first "
      "keeps them in its table for a minute.)");
  const auto clients = clients_of(Transport::tcp, port);
  std::size_t server_ends = 0;
  for (const auto& row : sockets())
    server_ends += row.transport == Transport::tcp && row.state == TcpState::established &&
                   row.local.port == port && clients.count(row.remote.port) == 1;
  demo.check(clients.size() == count && server_ends == count,
             "five sessions, ten ends: five client ports (" + list(clients) +
                 ") and, five times, server port " + std::to_string(port));
  const bool listed = std::all_of(clients.begin(), clients.end(), [&](std::uint16_t source) {
    return shown.output.find(host + ":" + std::to_string(source)) != std::string::npos;
  });
  demo.check(shown.status == 0 && listed, "netstat shows all of them");
}

void http_moves(Demonstration& demo, LabNetwork& network) {
  const auto before = network.port(http), after = network.port(moved_http);
  demo.begin(
      "4 · HTTP moves to port " + std::to_string(after),
      "A service may use any port. A client that tries the default port is refused; one that "
      "gets the port from the URL, or from an SRV record of the DNS, is served.");
  const auto moved = demo.run({"server", "move", "http=" + std::to_string(after)});
  demo.check(moved.status == 0 && is_listening(Transport::tcp, after) &&
                 !is_listening(Transport::tcp, before),
             "port " + std::to_string(after) + " is open now, and port " + std::to_string(before) +
                 " is closed");
  const auto refused = demo.run({"http", hello_url(network)});
  demo.check(refused.status == 3, "refused on port " + std::to_string(before) + " (exit status 3)");
  demo.pause("the port from the URL, and from the DNS");
  const auto served =
      demo.run({"http", "http://" + host + ":" + std::to_string(after) + "/whoami"});
  const auto client = first_port_of(host, served.output);
  demo.check(served.status == 0 && client &&
                 served.output.find(host + ":" + std::to_string(after)) != std::string::npos,
             "served on port " + std::to_string(after));
  const auto found = demo.run({"http", "--srv", "http://www.lab.test/hello.txt"});
  demo.check(
      found.status == 0 && found.output.find(":" + std::to_string(after)) != std::string::npos,
      "found through the SRV record, without a port in the URL");
}

void port_ranges(Demonstration& demo, LabNetwork& network) {
  demo.begin("5 · The ranges of port numbers",
             "IANA defines three ranges: well-known, registered and dynamic. Each operating system "
             "has its own range for clients' ports, which may differ from the dynamic one.");
  const auto range = ephemeral_range();
  const auto shown = demo.run(
      {"port", std::to_string(moved_http), "8080", range ? std::to_string(range->first) : "32768"});
  demo.check(shown.status == 0 && category_of(moved_http) == PortCategory::well_known &&
                 category_of(8080) == PortCategory::registered,
             "83 is well-known, 8080 is registered");
  demo.pause("the port that this machine picks");
  const auto probe = demo.run({"echo", target(network, echo), "which port?"});
  const auto source = first_port_of(host, probe.output);
  demo.check(range && source && range->contains(*source),
             "this machine picked " + (source ? std::to_string(*source) : "?") + ", between " +
                 std::to_string(range ? range->first : 0) + " and " +
                 std::to_string(range ? range->last : 0));
}

struct Scene {
  std::string_view name;
  void (*run)(Demonstration& demo, LabNetwork& network);
};

constexpr std::array scenes{Scene{"the four services", four_services},
                            Scene{"four clients, four ephemeral ports", four_clients},
                            Scene{"five sessions to one port", five_sessions},
                            Scene{"HTTP moves to 83", http_moves},
                            Scene{"the ranges of port numbers", port_ranges}};

}  // namespace

ShownTour show_ports(Demonstration& demo) {
  LabNetwork network;
  demo.begin("Portlab: what ports are, in five scenes",
             "All commands below are real. They run " + network.description() +
                 (network.is_private() ? "." : " (portlab doctor says why it is not private)."));
  for (const auto& scene : scenes) {
    demo.pause(scene.name);
    scene.run(demo, network);
  }
  if (const auto failure = network.failure()) demo.check(false, *failure);
  return {
      scenes.size(), network.description(),
      "You can type each of these commands yourself: start 'portlabd --private' and, in a second "
      "terminal, 'portlab enter'. Next: 'portlab lab 0', the same step by step."};
}

}  // namespace portlab
