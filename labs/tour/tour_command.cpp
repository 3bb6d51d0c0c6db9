// portlab tour: the two-minute demonstration. Five scenes; each says one sentence, runs real
// commands, and checks what it showed against the kernel's own table. It succeeds only if all of it
// was true.

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <charconv>
#include <chrono>
#include <optional>
#include <set>
#include <thread>

#include "clients/cli/options.hpp"
#include "clients/netstat/pairs.hpp"
#include "clients/net/sock_diag.hpp"
#include "common/known_services.hpp"
#include "common/port.hpp"
#include "labs/network/tour_lab.hpp"
#include "labs/tour/stage.hpp"

namespace portlab {

namespace {

const std::uint16_t http = default_port_of("http"), ftp = default_port_of("ftp"),
                    dns = default_port_of("dns"), echo = default_port_of("echo");
constexpr std::uint16_t moved_http = 83;
const std::string host = "127.0.0.1";

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

/// The source ports of all sessions that are established to this port of this machine, as the
/// clients' sockets tell.
std::set<std::uint16_t> clients_of(Transport transport, std::uint16_t port) {
  std::set<std::uint16_t> ports;
  for (const auto& row : sockets())
    if (row.transport == transport && row.state == TcpState::established && row.remote.port == port)
      ports.insert(row.local.port);
  return ports;
}

/// The number behind "127.0.0.1:" at the first place after `from`.
std::optional<std::uint16_t> port_shown(const std::string& output, std::size_t from = 0) {
  const auto place = output.find(host + ":", from);
  if (place == std::string::npos) return std::nullopt;
  const auto* begin = output.data() + place + host.size() + 1;
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(begin, output.data() + output.size(), port);
  if (failed != std::errc{}) return std::nullopt;
  return port;
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

std::string url(const TourLab& lab, std::uint16_t home, const std::string& path) {
  return "http://" + host + lab.written_port(home) + path;
}

// ---- the scenes

void four_services(Stage& stage, TourLab& lab) {
  stage.begin("1 · One machine, one process, four services",
              "A port is a number that says which service a packet is for: here one process waits "
              "at four ports, and each of them leads to a service of its own.");
  stage.run({"server", "listeners"});
  bool open = true;
  for (const auto home : {http, ftp, dns, echo})
    open &= is_listening(Transport::tcp, lab.port(home));
  for (const auto home : {dns, echo}) open &= is_listening(Transport::udp, lab.port(home));
  stage.check(open, "the kernel's table has a listener at each of these ports; tcp " +
                        std::to_string(lab.port(dns)) + " and udp " +
                        std::to_string(lab.port(dns)) + " are two of them");
}

void four_clients(Stage& stage, TourLab& lab) {
  stage.begin("2 · Four clients, four ephemeral ports",
              "A client needs a port too, so that the answer finds its way back: the kernel picks "
              "one that is free, for this conversation only, and it is called ephemeral.");
  struct Visit {
    Transport transport;
    std::uint16_t home;
    std::string last_words;  ///< the end of what the visitor is told
    std::vector<std::string> command;
  };
  const std::array visits{
      Visit{Transport::tcp, http, "a port for it.", {"http", url(lab, http, "/hello.txt")}},
      Visit{Transport::udp, dns, "over udp", {"dns", "www.lab.test"}},
      Visit{Transport::tcp,
            ftp,
            "a port for it.",
            {"ftp", "ftp://" + host + lab.written_port(ftp) + "/hello.txt"}},
      Visit{Transport::tcp, echo, "\nhello", {"echo", host + lab.written_port(echo), "hello"}}};
  std::vector<Process> held;
  std::set<std::uint16_t> sources;
  bool as_shown = true;
  for (auto visit : visits) {
    if (held.size() == 2) stage.pause("two more clients, and ftp takes two ports");
    visit.command.insert(visit.command.end(), {"--hold", "60"});
    const auto port = lab.port(visit.home);
    held.push_back(stage.run_beside(visit.command, [&](const std::string& output) {
      return port_shown(output) && !clients_of(visit.transport, port).empty() &&
             output.find(visit.last_words) != std::string::npos;
    }));
    const auto source = port_shown(held.back().output());
    const auto real = clients_of(visit.transport, port);
    as_shown &= source && real.count(*source) == 1 &&
                held.back().output().find(visit.last_words) != std::string::npos;
    sources.insert(real.begin(), real.end());
  }
  stage.check(as_shown, "each client's port is in the kernel's table as its card shows it");
  // To another server, or over another transport, the kernel may pick the same number again.
  const bool different = sources.size() == visits.size();
  stage.check(!sources.empty() && all_ephemeral(sources),
              std::string(different ? "they are different, and all" : "they are all") +
                  " from this machine's ephemeral range: " + list(sources));
}

void five_sessions(Stage& stage, TourLab& lab) {
  constexpr std::size_t count = 5;
  const auto port = lab.port(echo);
  stage.begin("3 · Five sessions to one port",
              "One port serves any number of clients at once: a session is known by all four "
              "numbers, both addresses and both ports, so one different number is enough.");
  const auto held = stage.run_beside(
      {"echo", host + lab.written_port(echo), "hello", "--sessions", std::to_string(count),
       "--hold", "60", "--quiet"},
      [&](const std::string&) { return clients_of(Transport::tcp, port).size() == count; });
  stage.pause("the table of the sessions");
  const auto shown = stage.run({"netstat", "--pairs", "-n"});
  stage.say(
      "(TIME_WAIT: the sessions of the scene before. They are closed, and who closed first "
      "remembers them for a minute.)");
  const auto clients = clients_of(Transport::tcp, port);
  std::size_t server_ends = 0;
  for (const auto& row : sockets())
    server_ends += row.transport == Transport::tcp && row.state == TcpState::established &&
                   row.local.port == port && clients.count(row.remote.port) == 1;
  stage.check(clients.size() == count && server_ends == count,
              "five sessions, ten ends: five client ports (" + list(clients) +
                  ") and, five times, server port " + std::to_string(port));
  const bool listed = std::all_of(clients.begin(), clients.end(), [&](std::uint16_t client) {
    return shown.output.find(host + ":" + std::to_string(client)) != std::string::npos;
  });
  stage.check(shown.status == 0 && listed, "netstat shows every one of them");
}

void http_moves(Stage& stage, TourLab& lab) {
  const auto home = lab.port(http), away = lab.port(moved_http);
  stage.begin("4 · HTTP moves to port " + std::to_string(away),
              "A service may live at any port: then a client that is not told is refused, and one "
              "that is told, by the URL or by an SRV record of the DNS, is served.");
  const auto moved = stage.run({"server", "move", "http=" + std::to_string(away)});
  stage.check(moved.status == 0 && is_listening(Transport::tcp, away) &&
                  !is_listening(Transport::tcp, home),
              "port " + std::to_string(away) + " is open now, and port " + std::to_string(home) +
                  " is closed");
  const auto not_told = stage.run({"http", url(lab, http, "/hello.txt")});
  stage.check(not_told.status == 3, "refused at port " + std::to_string(home) + " (exit status 3)");
  stage.pause("told by the URL, and by the DNS");
  const auto told = stage.run({"http", "http://" + host + ":" + std::to_string(away) + "/whoami"});
  const auto client = port_shown(told.output);
  stage.check(told.status == 0 && client &&
                  told.output.find(host + ":" + std::to_string(away)) != std::string::npos,
              "served at port " + std::to_string(away));
  const auto found = stage.run({"http", "--srv", "http://www.lab.test/hello.txt"});
  stage.check(
      found.status == 0 && found.output.find(":" + std::to_string(away)) != std::string::npos,
      "found through SRV, without knowing the port");
}

void the_ranges(Stage& stage, TourLab& lab) {
  stage.begin("5 · The ranges of the ports",
              "IANA keeps three ranges: well-known, registered and dynamic. Each system picks its "
              "clients' ports from a range of its own, not always IANA's dynamic one.");
  const auto range = ephemeral_range();
  const auto shown = stage.run(
      {"port", std::to_string(moved_http), "8080", range ? std::to_string(range->first) : "32768"});
  stage.check(shown.status == 0 && category_of(moved_http) == PortCategory::well_known &&
                  category_of(8080) == PortCategory::registered,
              "83 is well-known, 8080 is registered");
  stage.pause("the port that this machine picks");
  const auto probe = stage.run({"echo", host + lab.written_port(echo), "where from?"});
  const auto source = port_shown(probe.output);
  stage.check(range && source && range->contains(*source),
              "this machine picked " + (source ? std::to_string(*source) : "?") + ", between " +
                  std::to_string(range ? range->first : 0) + " and " +
                  std::to_string(range ? range->last : 0));
}

struct Scene {
  std::string_view name;
  void (*play)(Stage& stage, TourLab& lab);
};

constexpr std::array scenes{Scene{"the four services", four_services},
                            Scene{"four clients, four ephemeral ports", four_clients},
                            Scene{"five sessions to one port", five_sessions},
                            Scene{"HTTP moves to 83", http_moves},
                            Scene{"the ranges of the ports", the_ranges}};

int finish(Stage& stage, TourLab& lab, bool as_json) {
  if (const auto trouble = lab.trouble()) stage.check(false, *trouble);
  if (as_json) {
    boost::json::object document{{"scenes", scenes.size()},
                                 {"checks", stage.checks()},
                                 {"place", lab.place()},
                                 {"not_true", boost::json::value_from(stage.failed())}};
    print_json(document);
  } else if (stage.all_true()) {
    stage.begin(
        "All of it was true",
        "Five scenes, " + std::to_string(stage.checks()) +
            " checks on live sockets. Every command above works the same when you type "
            "it: start 'portlabd --private' and, in a second terminal, 'portlab enter'. Next: "
            "'portlab lab 1', where your own hands do it, step by step.");
  } else {
    stage.begin("Not all of it was true", std::to_string(stage.failed().size()) + " of " +
                                              std::to_string(stage.checks()) +
                                              " checks failed; they are marked NOT TRUE above.");
  }
  return stage.all_true() ? 0 : 1;
}

}  // namespace

int run_tour(const Arguments& arguments) {
  CommandLine line({"tour",
                    "",
                    {{{"portlab tour", "five scenes, Enter between them"},
                      {"portlab tour </dev/null", "straight through"},
                      {"portlab tour --json", "only whether it was true"}}}},
                   Shared::json);
  const auto options = line.parse(arguments);
  if (!options) return 0;
  line.expect_operands(0, 0);

  TourLab lab;
  Stage stage(options->json);
  stage.begin(
      "Portlab: what ports are, in five scenes",
      "Everything below really happens while you watch, " + lab.place() +
          (lab.is_private() ? "." : " (portlab doctor says why there is no private network)."));
  for (const auto& scene : scenes) {
    stage.pause(scene.name);
    scene.play(stage, lab);
  }
  return finish(stage, lab, options->json);
}

}  // namespace portlab
