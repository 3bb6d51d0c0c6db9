// portlab netstat: the kernel's table of sockets and sessions.
//
//   run_netstat → Netstat::look (read_sockets, and the tables of portlabd) → Netstat::text or json
//                 once, or repeatedly by watch()

#include <net/if.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <cstdio>
#include <optional>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/watch.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/host_info.hpp"
#include "clients/net/local_server.hpp"
#include "clients/net/sock_diag.hpp"
#include "clients/netstat/endpoint_names.hpp"
#include "clients/netstat/pairs.hpp"
#include "clients/netstat/print.hpp"
#include "common/system/interfaces.hpp"
#include "common/system/port_settings.hpp"

namespace portlab {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds server_time_limit{1000};  // after that, the table has no names of portlabd

struct NetstatOptions {
  SocketQuery query;
  bool numeric = false;
  bool all = false;
  bool listening = false;
  bool pairs = false;
  bool json = false;
  bool watching = false;
  WatchOptions watch;
  std::string control;  ///< empty: the default path, where no server is required
};

std::vector<SocketEnd> own_addresses() {
  std::vector<SocketEnd> ends;
  for (const auto& own : interface_addresses()) ends.push_back(socket_end(own.address, 0));
  return ends;
}

std::string interface_name(std::uint32_t index) {
  char name[IF_NAMESIZE] = "";
  return ::if_indextoname(index, name) != nullptr ? name : std::to_string(index);
}

class Netstat {
 public:
  explicit Netstat(NetstatOptions options) : options_(std::move(options)) {}

  /// Reads the tables, and keeps the previous ones for comparison.
  void look();
  std::string text(const TableRoom& room) const;
  boost::json::value json() const;
  /// Why names may be missing; may be empty.
  const std::string& hint() const { return hint_; }

 private:
  ServerTables ask_portlabd(std::span<const SocketRow> sockets);
  bool is_wanted(const SocketRow& row) const;
  NetstatNames names() const;

  NetstatOptions options_;
  std::optional<ServiceNames> service_names_;
  std::vector<SocketRow> rows_, rows_before_;
  std::vector<Pair> pairs_, pairs_before_;
  unsigned looks_ = 0;
  std::string hint_;
};

/// The tables of the portlabd of this network. A portlabd in a private network has other sessions
/// than those of this table.
ServerTables Netstat::ask_portlabd(std::span<const SocketRow> sockets) try {
  const auto path = options_.control.empty() ? find_control_path() : options_.control;
  const auto answer = ask_server(path, {ControlCommand::listeners, {}}, server_time_limit);
  if (!is_in_our_network(path, answer.server_pid)) {
    hint_ =
        "portlab: portlabd is in a private network; this table is of the other one\n"
        "  try: portlab enter portlab netstat --pairs\n";
    return {};
  }
  ServerTables tables;
  tables.listeners = answer.reply.listeners;
  if (options_.pairs && has_unexplained_session(sockets, tables.listeners))
    tables.sessions =
        ask_server(path, {ControlCommand::sessions, {}}, server_time_limit).reply.sessions;
  return tables;
} catch (const CommandError&) {
  if (!options_.control.empty()) throw;
  return {};  // without a portlabd, the names of IANA are shown
}

bool Netstat::is_wanted(const SocketRow& row) const {
  if (options_.listening) return row.is_listener();
  return options_.all || !row.is_listener();
}

void Netstat::look() {
  auto query = options_.query;
  // An IPv4 session may have an IPv6 socket at one end: pairing needs both.
  if (options_.pairs) query.ipv4 = query.ipv6 = true;
  auto sockets = read_sockets(query);
  if (!sockets) throw CommandError(Exit::no_connection, sockets.error().text);
  ++looks_;
  rows_before_ = std::move(rows_);
  pairs_before_ = std::move(pairs_);
  rows_.clear();
  pairs_.clear();
  ServerTables tables;
  if (options_.pairs || !options_.numeric) tables = ask_portlabd(*sockets);
  service_names_.emplace(std::move(tables), *sockets);
  if (options_.pairs) {
    const PairingFacts facts{
        ephemeral_range(), own_addresses(),
        [this](Transport transport, const SocketEnd& server, const SocketEnd& client) {
          return service_names_->is_served(transport, server, client);
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
    auto label = service_names_->label(pair);
    return options_.numeric && label.registered ? ServiceLabel{} : label;
  };
  // Pairs have a column for the service, so ports are shown as numbers.
  if (!options_.numeric && !options_.pairs)
    names.port = [this](Transport transport, const SocketEnd& end) {
      return service_names_->port_name(transport, end);
    };
  return names;
}

std::string Netstat::text(const TableRoom& room) const {
  const bool marked = options_.watching;
  const bool first = looks_ < 2;  // nothing to compare with yet
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

/// Throws for -p of netstat(8), as in "netstat -tulpn": programs are not supported.
void expect_no_programs(const Arguments& arguments) {
  for (const auto& each : arguments) {
    const bool cluster = each.starts_with('-') && !each.starts_with("--");
    if (!cluster || each.find('p') == std::string::npos) continue;
    throw usage_failure("netstat: " + (each == "-p" ? "-p" : "the p of " + printable(each)) +
                            " (programs) is not supported",
                        "the same without p; ss -tulpn shows programs");
  }
}

std::optional<NetstatOptions> parse_options(const Arguments& arguments) {
  const Manual manual{
      "netstat",
      "",
      {{{"portlab netstat --pairs", "both ends of each session, and which is the client"},
        {"portlab netstat -tuan", "every socket of this machine, numbers only"},
        {"portlab netstat --pairs --watch", "the same table every second, until Ctrl-C"}}},
      "Ports of your portlabd are shown with the name of the service, other ports with the name in "
      "IANA's registry, which is not necessarily the service that listens there; ports of the "
      "ephemeral range stay numbers. With --pairs, the server is the end whose port has a "
      "listener; without a listener, the end with the well-known or registered port; if that does "
      "not decide, the arrow points both ways. --watch with --json prints one document a line."};
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
      "repeat every so many seconds")("count", po::value(&count)->value_name("N"),
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
                             return options->json ? boost::json::serialize(netstat.json())
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
