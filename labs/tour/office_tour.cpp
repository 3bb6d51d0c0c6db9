// portlab tour office: an office behind one address, in eight scenes. Each command is run on a host of
// an office that the tour starts; what it printed is checked against the tables of all hosts.

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <optional>

#include <unistd.h>

#include "clients/cli/command_error.hpp"
#include "common/system/port_settings.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/keeper.hpp"
#include "labs/network/office/office_plan.hpp"
#include "labs/network/office/running_office.hpp"
#include "labs/tour/tours.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

const std::string pc1_address(office::find_host("pc1")->address);
const std::string server1_address(office::server1_address);
const std::string router_address(office::outside_address);
const std::string visitor_address(office::internet_address);
constexpr std::uint16_t http = 80;
constexpr std::uint16_t forwarded = 8080;
/// Below the ephemeral range: no other client gets it.
constexpr std::uint16_t chosen_source = 30000;

/// How long clients hold their sessions open: longer than a class speaks about a scene.
const std::string held_seconds = "3600";

/// An end of a session, "pc1:40000", in the documents of portlab office.
struct End {
  std::string host;
  std::uint16_t port = 0;
  std::string address{};

  bool operator==(const End& other) const { return host == other.host && port == other.port; }
};

End end_of(const json::value& value) {
  const auto& object = value.as_object();
  return {std::string(object.at("host").as_string()),
          static_cast<std::uint16_t>(object.at("port").to_number<int>()),
          std::string(object.at("address").as_string())};
}

/// A session of `portlab office netstat`.
struct Session {
  End client, server;
  std::optional<End> router{};
};

/// A row of `portlab office nat`.
struct Translation {
  End from, router, to;
};

/// The office of the tour. It ends with this object, and with this process.
class TourOffice {
 public:
  explicit TourOffice(Demonstration& demo) : demo_(demo) {
    office::start_office(name_, demo.is_verbose(), office::Lifetime::with_starter);
  }
  TourOffice(const TourOffice&) = delete;
  TourOffice& operator=(const TourOffice&) = delete;
  ~TourOffice() {
    held_.clear();
    if (const auto found = office::find_office(name_)) office::end_office(*found);
  }

  /// Shows a command at the prompt of a host, and its output.
  CommandOutput on(const std::string& host, const std::vector<std::string>& words) {
    return demo_.run(command(host, words));
  }
  CommandOutput on(const std::string& host, const std::string& shell_line) {
    auto in_shell = command(host, {"sh", "-c", shell_line});
    in_shell.text = host + "$ " + shell_line;
    return demo_.run(in_shell);
  }
  /// The same for a client with --hold: its session stays open until the end of the tour. `last`: in
  /// the last line that the client prints.
  std::string hold(const std::string& host, const std::vector<std::string>& words,
                   const std::string& last = "me   tcp ") {
    held_.push_back(demo_.start(command(host, words), [&](const std::string& output) {
      const auto found = output.find(last);
      return found != std::string::npos && output.find('\n', found) != std::string::npos;
    }));
    return held_.back().output();
  }

  /// The sessions that are ESTABLISHED at both ends, in the socket tables of all hosts.
  std::vector<Session> sessions() const;
  std::vector<Translation> translations() const;
  /// Whether a program of the host listens on this port of TCP.
  bool is_listening(const End& end) const;

 private:
  ShownCommand command(const std::string& host, const std::vector<std::string>& words) const {
    ShownCommand shown{host + "$ " + shell_text(words), {"office", "--name", name_, "enter", host}};
    shown.arguments.insert(shown.arguments.end(), words.begin(), words.end());
    return shown;
  }
  /// The document of "portlab office SUBCOMMAND --json"; an empty one where there is none.
  json::object look(const std::string& subcommand) const;

  Demonstration& demo_;
  const std::string name_ = "tour-" + std::to_string(::getpid());
  std::vector<Process> held_;
};

json::object TourOffice::look(const std::string& subcommand) const {
  constexpr std::chrono::seconds limit{30};
  Process process("portlab", {"office", "--name", name_, subcommand, "--json"});
  process.wait(limit);
  boost::system::error_code failed;
  auto document = json::parse(process.output(), failed);
  return !failed && document.is_object() ? document.as_object() : json::object();
}

/// The elements of an array of the document, each read by `read`; none where it has no such array.
template <class Read>
auto read_rows(const json::object& document, const char* name, Read read) {
  std::vector<decltype(read(json::object()))> rows;
  if (const auto* array = document.if_contains(name); array != nullptr && array->is_array())
    for (const auto& each : array->as_array()) rows.push_back(read(each.as_object()));
  return rows;
}

std::vector<Session> TourOffice::sessions() const {
  std::vector<Session> open;
  const auto document = look("netstat");
  read_rows(document, "sessions", [&](const json::object& row) {
    const auto& client = row.at("client");
    const auto& server = row.at("server");
    if (client.at("state") == "ESTABLISHED" && server.at("state") == "ESTABLISHED")
      open.push_back(
          {end_of(client), end_of(server),
           row.at("router").is_null() ? std::nullopt : std::optional(end_of(row.at("router")))});
    return 0;
  });
  return open;
}

std::vector<Translation> TourOffice::translations() const {
  return read_rows(look("nat"), "translations", [](const json::object& row) {
    return Translation{end_of(row.at("from")), end_of(row.at("router")), end_of(row.at("to"))};
  });
}

bool TourOffice::is_listening(const End& end) const {
  const auto listeners = read_rows(look("map"), "listeners", [](const json::object& row) {
    return row.at("transport") == "tcp" ? end_of(row) : End{};
  });
  return std::ranges::find(listeners, end) != listeners.end();
}

bool has(const std::string& output, const std::string& text) {
  return output.find(text) != std::string::npos;
}

/// "192.168.1.11:40000".
std::string place(const std::string& address, std::uint16_t port) {
  return address + ":" + std::to_string(port);
}

std::string url(const std::string& host) { return "http://" + host + "/whoami"; }

// The scenes --------------------------------------------------------------------------------------

void the_map(Demonstration& demo, TourOffice& office) {
  demo.begin(
      "1 · The office",
      "Three PCs and a server share a switch. A router with one outside address leads to the "
      "internet. Each host has its own ports, table of sessions and firewall.");
  office.on("pc1", "portlab office map | head -n 13");
  demo.check(office.is_listening({"server1", http}) && office.is_listening({"internet", http}),
             "server1 and internet both listen on port 80: two addresses, two web sites");
}

void inside(Demonstration& demo, TourOffice& office) {
  demo.begin("2 · pc1 opens the site of server1",
             "The DNS gives the address, the URL gives the port. pc1's kernel picks an ephemeral "
             "port. Inside the office nothing is translated.");
  office.on("pc1", {"portlab", "dns", "server1.lab.test"});
  const auto shown = office.hold(
      "pc1", {"portlab", "http", "--hold", held_seconds, "http://server1.lab.test/whoami"});
  const auto source = first_port_of(pc1_address, shown);
  const auto sessions = office.sessions();
  const bool joined = std::ranges::any_of(sessions, [&](const Session& each) {
    return source && each.client == End{"pc1", *source} && each.server == End{"server1", http} &&
           !each.router;
  });
  const auto range = ephemeral_range();
  demo.check(joined && range && range->contains(*source),
             "both hosts have this session in their tables: " + place("pc1", source.value_or(0)) +
                 ", an ephemeral port, and server1:80");
}

void one_address(Demonstration& demo, TourOffice& office) {
  demo.begin("3 · Two PCs behind one address",
             "Two clients choose the same source port, 30000. Outside, both have the router's "
             "address. The router must tell their sessions apart: one gets another port.");
  const std::vector<std::string> words{"portlab",
                                       "http",
                                       "--from",
                                       std::to_string(chosen_source),
                                       "--hold",
                                       held_seconds,
                                       url("www.example.com")};
  const auto first = office.hold("pc1", words);
  const auto second = office.hold("pc2", words);
  demo.pause("the router's translation table");
  office.on("router", {"portlab", "office", "nat"});
  std::vector<Translation> found;
  for (const auto& each : office.translations())
    if (each.from.port == chosen_source && each.to == End{"internet", http}) found.push_back(each);
  const bool differ = found.size() == 2 && found[0].from.host != found[1].from.host &&
                      found[0].router.port != found[1].router.port;
  std::string ports;
  for (const auto& each : found)
    ports +=
        (ports.empty() ? "" : ", ") + each.from.host + "'s is " + std::to_string(each.router.port);
  demo.check(differ, "one source port inside, two outside: " + ports);
  const bool as_seen = std::ranges::all_of(found, [&](const Translation& each) {
    return has(each.from.host == "pc1" ? first : second,
               "you  tcp " + place(router_address, each.router.port));
  });
  demo.check(as_seen && !found.empty(), "the web site saw these ports, all at " + router_address);
}

/// The packets of a rule with a counter: "counter packets 2 bytes 120" in the output of nft.
std::optional<std::uint64_t> counted_packets(const std::string& rules) {
  const std::string before = "counter packets ";
  const auto at = rules.find(before);
  if (at == std::string::npos) return std::nullopt;
  return std::strtoull(rules.c_str() + at + before.size(), nullptr, 10);
}

void dropped(Demonstration& demo, TourOffice& office) {
  demo.begin("4 · A visitor from the internet",
             "Nothing inside asked for this packet: no row of the table fits it. The router's "
             "firewall drops it, and its counter counts it. The visitor gets no answer.");
  const auto visit = office.on(
      "internet", {"portlab", "http", "--timeout", "1", url(place(router_address, 8080))});
  const auto rules = office.on("router", {"nft", "list", "chain", "ip", "office", "input"});
  const auto packets = counted_packets(rules.output);
  demo.check(visit.status == 3 && has(visit.output, "no answer"), "no answer (exit status 3)");
  demo.check(packets && *packets > 0,
             "the counter of the last rule is at " + std::to_string(packets.value_or(0)));
}

void forwarded_port(Demonstration& demo, TourOffice& office) {
  demo.begin("5 · A forwarded port",
             "The administrator forwards port 8080 of the router to port 80 of server1. The same "
             "visitor tries again.");
  const auto done = office.on("router", {"portlab", "office", "forward", "8080", "server1:80"});
  demo.check(done.status == 0, "the router has the rule");
  const auto shown = office.hold("internet", {"portlab", "http", "--hold", held_seconds,
                                              url(place(router_address, forwarded))});
  const auto source = first_port_of(visitor_address, shown);
  demo.check(source && has(shown, "you  tcp " + place(visitor_address, *source)) &&
                 has(shown, "me   tcp " + place(server1_address, http)),
             "server1 answered on port 80, and saw the visitor's own address and port");
}

void all_tables(Demonstration& demo, TourOffice& office) {
  demo.begin(
      "6 · The tables of all hosts, joined",
      "Each host knows only its own end of a session. Here are the tables of all hosts side by "
      "side: client, the router's translation, server.");
  office.hold("pc3",
              {"portlab", "echo", "--hold", held_seconds, "--quiet", "server1.lab.test", "hello"},
              "hello");
  office.on("router", {"portlab", "office", "netstat"});
  const auto sessions = office.sessions();
  const auto between = [&](const std::string& client, const std::string& server) {
    const auto found = std::ranges::find_if(sessions, [&](const Session& each) {
      return each.client.host == client && each.server.host == server;
    });
    return found == sessions.end() ? nullptr : &*found;
  };
  const auto* direct = between("pc3", "server1");
  const auto* out = between("pc2", "internet");
  const auto* in = between("internet", "server1");
  demo.check(direct != nullptr && !direct->router,
             "pc3 and server1: the same two ends in both tables");
  demo.check(out != nullptr && out->router && out->router->address == router_address,
             "pc2 and internet: internet's table has the router's address in the place of pc2's");
  demo.check(
      in != nullptr && in->router && in->router->port == forwarded && in->server.port == http,
      "internet and server1: port 8080 at one end, port 80 at the other");
}

/// The words that add a rule for port 80 to server1's own firewall.
std::vector<std::string> rule_with(const std::vector<std::string>& action) {
  std::vector<std::string> words{"nft", "add", "rule", "ip", "own", "input", "tcp", "dport", "80"};
  words.insert(words.end(), action.begin(), action.end());
  return words;
}

void refused(Demonstration& demo, TourOffice& office) {
  demo.begin(
      "7 · Refused",
      "server1 gets a firewall of its own, which rejects all packets for port 80. pc1 is told "
      "at once, as if nothing listened there.");
  office.on("server1", {"nft", "add", "table", "ip", "own"});
  office.on("server1", {"nft", "add", "chain", "ip", "own", "input",
                        "{ type filter hook input priority 0; }"});
  office.on("server1", rule_with({"reject", "with", "tcp", "reset"}));
  const auto done = office.on("pc1", {"portlab", "http", url("server1.lab.test")});
  demo.check(done.status == 3 && has(done.output, "refused"), "refused (exit status 3)");
  demo.check(office.is_listening({"server1", http}),
             "the web server listens on port 80 all the same: pc1 can't tell the difference");
}

void no_answer(Demonstration& demo, TourOffice& office) {
  demo.begin(
      "8 · No answer",
      "The same rule with drop in the place of reject: pc1 gets no packet at all. It can only "
      "wait for its time-out.");
  office.on("server1", {"nft", "flush", "chain", "ip", "own", "input"});
  office.on("server1", rule_with({"drop"}));
  const auto done =
      office.on("pc1", {"portlab", "http", "--timeout", "1", url("server1.lab.test")});
  demo.check(done.status == 3 && has(done.output, "no answer"), "no answer (exit status 3)");
}

struct Scene {
  std::string_view name;
  void (*run)(Demonstration& demo, TourOffice& office);
};

constexpr std::array scenes{Scene{"the hosts", the_map},
                            Scene{"inside the office", inside},
                            Scene{"two PCs behind one address", one_address},
                            Scene{"a visitor from the internet", dropped},
                            Scene{"a forwarded port", forwarded_port},
                            Scene{"the tables of all hosts", all_tables},
                            Scene{"refused", refused},
                            Scene{"no answer", no_answer}};

}  // namespace

ShownTour show_office(Demonstration& demo) {
  if (office::is_inside())
    throw CommandError(Exit::no_connection, "tour office: this shell is in an office already",
                       "exit, then portlab tour office");
  office::extend_path();
  TourOffice office(demo);
  demo.begin("Portlab: an office behind one address, in eight scenes",
             "All commands below are real. They run on the hosts of an office of this tour alone, "
             "in namespaces of this machine; nothing reaches other machines.");
  for (const auto& scene : scenes) {
    demo.pause(scene.name);
    scene.run(demo, office);
  }
  return {scenes.size(), "in an office of its own",
          "You can type each of these commands yourself: 'portlab office up', then 'portlab office "
          "enter pc1'; 'portlab office down' ends it."};
}

}  // namespace portlab
