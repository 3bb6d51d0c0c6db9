// portlab netstat: this machine's session table, as the kernel keeps it.
//
//   run_netstat → Netstat::look (read_sockets, and what portlabd tells) → Netstat::text or json
//                 once, or again and again by watch()

#include <net/if.h>

#include <algorithm>
#include <boost/program_options/value_semantic.hpp>
#include <cstdio>
#include <optional>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/local_server.hpp"
#include "clients/netstat/endpoint_names.hpp"
#include "clients/netstat/pairs.hpp"
#include "clients/netstat/print.hpp"
#include "clients/netstat/sock_diag.hpp"
#include "clients/netstat/watch.hpp"
#include "common/system/interfaces.hpp"

namespace portlab {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds server_patience{1000};  // the table comes without names rather than late

struct NetstatOptions {
  SocketQuery query;
  bool numeric = false;
  bool all = false;
  bool listening = false;
  bool pairs = false;
  bool json = false;
  bool watching = false;
  WatchOptions watch;
  std::string control;  ///< empty: the default place, and nobody need be there
};

std::vector<SocketEnd> own_addresses() {
  std::vector<SocketEnd> out;
  for (const auto& row : interface_addresses()) out.push_back(socket_end(row.address, 0));
  return out;
}

std::string interface_name(std::uint32_t index) {
  char name[IF_NAMESIZE] = "";
  return ::if_indextoname(index, name) != nullptr ? name : std::to_string(index);
}

class Netstat {
 public:
  explicit Netstat(NetstatOptions options) : options_(std::move(options)) {}

  /// Takes a new picture, and keeps the one before for comparison.
  void look();
  std::string text(const TableRoom& room) const;
  boost::json::value json() const;
  /// Why names may be missing; empty when there is nothing to say.
  const std::string& hint() const { return hint_; }

 private:
  ServerTables ask_portlabd(std::span<const SocketRow> sockets);
  bool is_wanted(const SocketRow& row) const;
  NetstatNames names() const;

  NetstatOptions options_;
  std::optional<ServiceGuide> guide_;
  std::vector<SocketRow> rows_, rows_before_;
  std::vector<Pair> pairs_, pairs_before_;
  unsigned pictures_ = 0;
  std::string hint_;
};

/// What the portlabd of this network says. One in a private network has other sessions than those
/// that we see.
ServerTables Netstat::ask_portlabd(std::span<const SocketRow> sockets) try {
  const auto path = options_.control.empty() ? control_path_to_visit() : options_.control;
  const auto answer = ask_server(path, {ControlCommand::listeners, {}}, server_patience);
  if (!is_in_our_network(path, answer.server_pid)) {
    hint_ =
        "portlab: portlabd has a private network; this is the other one\n"
        "  try: portlab enter portlab netstat --pairs\n";
    return {};
  }
  ServerTables tables;
  tables.listeners = answer.reply.listeners;
  if (options_.pairs && has_unexplained_session(sockets, tables.listeners))
    tables.sessions =
        ask_server(path, {ControlCommand::sessions, {}}, server_patience).reply.sessions;
  return tables;
} catch (const CommandError&) {
  if (!options_.control.empty()) throw;
  return {};  // no portlabd, or none that answers: IANA's names will do
}

bool Netstat::is_wanted(const SocketRow& row) const {
  if (options_.listening) return row.waits_for_anyone();
  return options_.all || !row.waits_for_anyone();
}

void Netstat::look() {
  auto query = options_.query;
  // An IPv4 session may have an IPv6 socket at one end: both are needed to join them.
  if (options_.pairs) query.ipv4 = query.ipv6 = true;
  auto sockets = read_sockets(query);
  if (!sockets) throw CommandError(Exit::no_connection, sockets.error().text);
  ++pictures_;
  rows_before_ = std::move(rows_);
  pairs_before_ = std::move(pairs_);
  rows_.clear();
  pairs_.clear();
  ServerTables tables;
  if (options_.pairs || !options_.numeric) tables = ask_portlabd(*sockets);
  guide_.emplace(std::move(tables), *sockets);
  if (options_.pairs) {
    const PairingFacts facts{
        ephemeral_range(), own_addresses(),
        [this](Transport transport, const SocketEnd& server, const SocketEnd& client) {
          return guide_->is_served(transport, server, client);
        }};
    pairs_ = pair_up(*sockets, facts, options_.all || options_.listening);
    std::erase_if(pairs_, [this](const Pair& pair) {
      const bool family = pair.server.is_ipv4() ? options_.query.ipv4 : options_.query.ipv6;
      return !family || (options_.listening && pair.kind != Pair::Kind::listener);
    });
  } else {
    rows_ = std::move(*sockets);
    std::erase_if(rows_, [this](const SocketRow& row) { return !is_wanted(row); });
    std::sort(rows_.begin(), rows_.end(), ByIdentity{});
  }
}

NetstatNames Netstat::names() const {
  NetstatNames names;
  names.interface = interface_name;
  names.service = [this](const Pair& pair) {
    auto label = guide_->label(pair);
    return options_.numeric && label.registered ? ServiceLabel{} : label;
  };
  // With both ends on one line the service has a column of its own: the ports stay numbers.
  if (!options_.numeric && !options_.pairs)
    names.port = [this](Transport transport, const SocketEnd& end) {
      return guide_->port_name(transport, end);
    };
  return names;
}

std::string Netstat::text(const TableRoom& room) const {
  const bool marked = options_.watching;
  const bool first = pictures_ < 2;  // nothing to compare with yet
  if (options_.pairs) {
    if (!marked) return pair_table(pairs_, names(), room);
    return pair_table(compare(std::span(first ? pairs_ : pairs_before_), std::span(pairs_)),
                      names(), room);
  }
  if (!marked) return socket_table(rows_, names(), room);
  return socket_table(compare(std::span(first ? rows_ : rows_before_), std::span(rows_)), names(),
                      room);
}

boost::json::value Netstat::json() const {
  return options_.pairs ? pairs_json(pairs_, names()) : sockets_json(rows_);
}

/// "netstat -tulpn" is in many fingers; the p is what we can't do.
void expect_no_programs(const Arguments& arguments) {
  for (const auto& each : arguments) {
    const bool cluster = each.starts_with('-') && !each.starts_with("--");
    if (!cluster || each.find('p') == std::string::npos) continue;
    throw usage_failure("netstat: " + (each == "-p" ? "-p" : "the p of " + printable(each)) +
                            ", the programs, is not known here",
                        "the same without p; ss -tulpn shows programs");
  }
}

std::optional<NetstatOptions> parse_options(const Arguments& arguments) {
  const Manual manual{
      "netstat",
      "",
      {{{"portlab netstat --pairs",
         "both ends of each session: who called whom, and by which port"},
        {"portlab netstat -tuan", "every socket of this machine, numbers only"},
        {"portlab netstat --pairs --watch", "the same table again each second, until Ctrl-C"}}},
      "A port of your portlabd shows its service, others show their name in IANA's registry, "
      "which says what is expected there, not what answers; a port of the range that this machine "
      "gives to clients stays a number. With --pairs, the server is the end whose port has a "
      "listener; where there is none (any more), the well-known or registered port; where the "
      "numbers do not tell either, the arrow points both ways. --watch with --json prints one "
      "document a line."};
  constexpr milliseconds shortest{100};
  constexpr milliseconds longest = std::chrono::hours(1);
  constexpr std::uint64_t count_max = 1'000'000;

  NetstatOptions options;
  bool tcp = false;
  bool udp = false;
  bool ipv4 = false;
  bool ipv6 = false;
  std::string interval, count;
  CommandLine line(manual, Shared::json);
  line.add()("pairs", po::bool_switch(&options.pairs), "both ends of a session on one line")(
      "all,a", po::bool_switch(&options.all), "listeners, too")(
      "listening,l", po::bool_switch(&options.listening), "listeners only")(
      "numeric,n", po::bool_switch(&options.numeric), "port numbers instead of names")(
      "tcp,t", po::bool_switch(&tcp), "only tcp")("udp,u", po::bool_switch(&udp), "only udp")(
      "ipv4,4", po::bool_switch(&ipv4), "only sockets of IPv4")("ipv6,6", po::bool_switch(&ipv6),
                                                                "only sockets of IPv6")(
      "watch", po::value(&interval)->implicit_value("1", "1")->value_name("SECONDS"),
      "again every so many seconds")("count", po::value(&count)->value_name("N"),
                                     "with --watch: end after N tables")(
      "control", po::value(&options.control)->value_name("PATH"),
      "the control socket of the portlabd that names its services");
  expect_no_programs(arguments);
  const auto shared = line.parse(arguments);
  if (!shared) return std::nullopt;
  line.expect_operands(0, 0);

  options.json = options.watch.documents = shared->json;
  options.query = {
      .tcp = tcp || !udp, .udp = udp || !tcp, .ipv4 = ipv4 || !ipv6, .ipv6 = ipv6 || !ipv4};
  options.watching = !interval.empty();
  if (options.watching) {
    const auto seconds = parse_seconds(interval, shortest, longest);
    if (!seconds) throw line.wrong("--watch: " + seconds.error().text);
    options.watch.interval = *seconds;
  }
  if (!count.empty()) {
    const auto number = parse_number(count, 1, count_max);
    if (!number) throw line.wrong("--count: " + number.error().text);
    if (!options.watching) throw line.wrong("--count needs --watch", "--watch --count " + count);
    options.watch.count = *number;
  }
  return options;
}

}  // namespace

int run_netstat(const Arguments& arguments) {
  const auto options = parse_options(arguments);
  if (!options) return 0;
  Netstat netstat(*options);
  if (options->watching) {
    watch(options->watch, {[&] { netstat.look(); },
                           [&](const TableRoom& room) {
                             return options->json ? to_json_text(netstat.json())
                                                  : netstat.text(room);
                           }});
    return 0;
  }
  netstat.look();
  if (options->json) {
    print_json(netstat.json());
  } else {
    print(netstat.text(room_on_stdout()));
    std::fputs(netstat.hint().c_str(), stderr);
  }
  return 0;
}

}  // namespace portlab
