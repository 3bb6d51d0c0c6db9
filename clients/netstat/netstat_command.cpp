// portlab netstat: the kernel's table of sockets and sessions.
//
//   run_netstat → Netstat::look (read_sockets, and the tables of portlabd) → Netstat::text or json
//                 once, or repeatedly by watch()

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <cstdio>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/watch.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/session_filter.hpp"
#include "clients/net/sock_diag.hpp"
#include "clients/netstat/endpoint_names.hpp"
#include "clients/netstat/fold.hpp"
#include "clients/netstat/pairs.hpp"
#include "clients/netstat/print.hpp"
#include "common/control_path.hpp"
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
  bool all_states = false;
  bool json = false;
  std::optional<WatchOptions> watch;
  SessionFilter filter;
  std::string control;  ///< empty: the default path, where no server is required
};

std::vector<SocketEnd> own_ends() {
  std::vector<SocketEnd> ends;
  for (const auto& own : interface_addresses()) ends.push_back(socket_end(own.address, 0));
  return ends;
}

/// portlabd's sessions, and FTP's data connections that ended in the last minute.
std::vector<SessionRow> sessions_of(const std::string& control_path) {
  auto reply = ask_server(control_path, {ControlCommand::sessions, {}}, server_time_limit).reply;
  auto rows = std::move(reply.ended);
  std::ranges::move(reply.sessions, std::back_inserter(rows));
  return rows;
}

class Netstat {
 public:
  explicit Netstat(NetstatOptions options) : options_(std::move(options)) {}

  /// Reads the tables, and keeps the previous ones for comparison.
  void look();
  std::string text(const TableRoom& room) const;
  boost::json::value json() const;
  /// Why names or rows may be missing; may be empty.
  std::string hint() const;

 private:
  std::string empty_table_text() const;
  ServerTables ask_portlabd();
  std::vector<Pair> pairs_of(std::span<const SocketRow> sockets, bool with_listeners) const;
  void take_pairs(std::span<const SocketRow> sockets);
  void take_rows(std::vector<SocketRow> sockets);
  bool matches(const Pair& pair) const;
  bool matches(const SocketRow& row) const;

  NetstatOptions options_;
  ServiceNames names_;
  std::vector<SocketRow> rows_;
  std::vector<SocketLine> lines_, lines_before_;
  std::vector<Pair> pairs_, pairs_before_;
  std::size_t hidden_listeners_ = 0;  ///< those that match the filter, and need -a
  bool first_ = true;                 ///< nothing to compare with yet
  std::string hint_;
  /// The transports whose rows are not in the table, and why.
  std::vector<std::pair<std::string, std::string>> unknown_;
};

std::string Netstat::hint() const {
  auto text = hint_;
  for (const auto& [transport, reason] : unknown_)
    text += "portlab: the sockets of " + transport + " are unknown: " + reason + "\n";
  const bool empty = options_.pairs ? pairs_.empty() : lines_.empty();
  if (!empty) return text;
  if (options_.filter.empty()) return text + empty_table_text();
  text += "portlab: nothing in this table matches " + options_.filter.text() + "\n";
  if (hidden_listeners_ > 0)
    text += "  try: -a (with it, " + std::to_string(hidden_listeners_) +
            (hidden_listeners_ == 1 ? " listener matches)\n" : " listeners match)\n");
  return text;
}

/// What an empty table means.
std::string Netstat::empty_table_text() const {
  if (options_.listening) return "no listeners\n";
  if (options_.all) return "no sockets\n";
  if (hidden_listeners_ == 0) return "no sessions\n";
  return "no sessions (-a shows " + std::to_string(hidden_listeners_) +
         (hidden_listeners_ == 1 ? " listener, too)\n" : " listeners, too)\n");
}

/// The tables of the portlabd of this network. A portlabd in a private network has other sessions
/// than those of this table.
ServerTables Netstat::ask_portlabd() try {
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
  // For FTP's data connections, which are at none of its listeners.
  if (options_.pairs || options_.filter.needs_services()) tables.sessions = sessions_of(path);
  return tables;
} catch (const CommandError&) {
  if (!options_.control.empty()) throw;
  return {};  // without a portlabd, the names of IANA are shown
}

bool Netstat::matches(const Pair& pair) const {
  FilterSubject subject{.transport = pair.transport,
                        .ends = {pair.server, std::nullopt, pair.translated},
                        .states = {pair.client_state, pair.server_state}};
  if (pair.kind == Pair::Kind::session) subject.ends[1] = pair.client;
  for (std::size_t i = 0; i < subject.ends.size(); ++i)
    if (subject.ends[i])
      subject.end_services[i] = names_.served_name(pair.transport, *subject.ends[i]);
  subject.service = names_.session_name(pair.transport, pair.server, pair.client);
  return options_.filter.matches(subject);
}

bool Netstat::matches(const SocketRow& row) const {
  FilterSubject subject{.transport = row.transport,
                        .ends = {row.local, std::nullopt, std::nullopt},
                        .end_services = {names_.served_name(row.transport, row.local)},
                        .service = names_.session_name(row.transport, row.local, row.remote),
                        .states = {row.state}};
  if (row.remote.port != 0) {
    subject.ends[1] = row.remote;
    subject.end_services[1] = names_.served_name(row.transport, row.remote);
  }
  return options_.filter.matches(subject);
}

std::vector<Pair> Netstat::pairs_of(std::span<const SocketRow> sockets, bool with_listeners) const {
  const PairingFacts facts{
      ephemeral_range(), own_ends(),
      [this](Transport transport, const SocketEnd& server, const SocketEnd& client) {
        return names_.is_served(transport, server, client);
      }};
  return pair_up(sockets, facts, with_listeners);
}

void Netstat::take_pairs(std::span<const SocketRow> sockets) {
  pairs_ = pairs_of(sockets, true);
  // Both halves of a forwarded session are shown if one of them matches.
  std::set<decltype(std::declval<Pair>().group())> wanted;
  for (auto& pair : pairs_) {
    if (!names_.has_forwarded() || pair.kind != Pair::Kind::session) continue;
    pair.forwarded_from = names_.forwarded_from(pair.transport, pair.server, pair.client);
    if (matches(pair)) wanted.insert(pair.group());
  }
  if (names_.has_forwarded()) std::ranges::sort(pairs_, {}, &Pair::identity);
  std::erase_if(pairs_, [&](const Pair& pair) {
    const bool family = pair.server.is_ipv4() ? options_.query.ipv4 : options_.query.ipv6;
    const bool is_wanted = wanted.contains(pair.group()) || matches(pair);
    if (!family || !is_wanted) return true;
    const bool listener = pair.kind == Pair::Kind::listener;
    const bool hidden = listener && !options_.all && !options_.listening;
    hidden_listeners_ += hidden ? 1 : 0;
    return hidden || (options_.listening && !listener);
  });
  if (!options_.json && !options_.all_states) pairs_ = fold_time_wait(pairs_);
}

void Netstat::take_rows(std::vector<SocketRow> sockets) {
  const bool folding = !options_.json && !options_.all_states;
  const auto directions = folding ? pairs_of(sockets, false) : std::vector<Pair>();
  rows_ = std::move(sockets);
  std::erase_if(rows_, [this](const SocketRow& row) {
    if (!matches(row)) return true;
    const bool hidden = row.is_listener() && !options_.all && !options_.listening;
    hidden_listeners_ += hidden ? 1 : 0;
    return hidden || (options_.listening && !row.is_listener());
  });
  std::ranges::sort(rows_, {}, &SocketRow::identity);
  lines_ = folding ? fold_time_wait(rows_, directions) : unfolded(rows_);
}

void Netstat::look() {
  auto query = options_.query;
  // An IPv4 session may have an IPv6 socket at one end: pairing needs both.
  if (options_.pairs) query.ipv4 = query.ipv6 = true;
  auto table = read_socket_table(query);
  const auto& missing = table.no_tcp.empty() ? table.no_udp : table.no_tcp;
  if (table.rows.empty() && !missing.empty()) throw CommandError(Exit::no_connection, missing);
  unknown_.clear();
  if (!table.no_tcp.empty()) unknown_.push_back({"tcp", table.no_tcp});
  if (!table.no_udp.empty()) unknown_.push_back({"udp", table.no_udp});
  auto* const sockets = &table.rows;
  lines_before_ = std::exchange(lines_, {});
  pairs_before_ = std::exchange(pairs_, {});
  hidden_listeners_ = 0;
  const bool names = options_.pairs || !options_.numeric || options_.filter.needs_services();
  names_ = names ? ServiceNames(ask_portlabd(), *sockets, !options_.numeric) : ServiceNames();
  if (options_.pairs)
    take_pairs(*sockets);
  else
    take_rows(std::move(*sockets));
  if (!std::exchange(first_, false)) return;
  lines_before_ = lines_;
  pairs_before_ = pairs_;
}

std::string Netstat::text(const TableRoom& room) const {
  if (options_.pairs) {
    if (!options_.watch) return pair_table(pairs_, {}, names_, room);
    const auto found = compare(std::span(pairs_before_), std::span(pairs_));
    return pair_table(found.rows, found.marks, names_, room);
  }
  const ServiceNames numbers;
  const auto& names = options_.numeric ? numbers : names_;
  if (!options_.watch) return socket_table(lines_, {}, names, room);
  const auto found = compare(std::span(lines_before_), std::span(lines_));
  return socket_table(found.rows, found.marks, names, room);
}

boost::json::value Netstat::json() const {
  auto document = options_.pairs ? pairs_json(pairs_, names_) : sockets_json(rows_);
  boost::json::object unknown;
  for (const auto& [transport, reason] : unknown_) unknown[transport] = reason;
  if (!unknown.empty()) document.as_object()["unknown"] = std::move(unknown);
  return document;
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
      "[:PORT | ADDRESS | ADDRESS:PORT | SERVICE | STATE | tcp | udp] ...",
      {{{"portlab netstat --pairs", "both ends of each session, and which is the client"},
        {"portlab netstat -tuan", "every socket of this machine, numbers only"},
        {"portlab netstat --pairs --watch :80 ESTABLISHED",
         "the open sessions with port 80, every second, until Ctrl-C"}}},
      "Rows that fulfil all of the conditions are shown; a port, an address, a service or a state "
      "of TCP may be that of either end. Sessions in TIME_WAIT with the same server port are one "
      "row, unless --all-states is given. A session that your portlabd forwards is followed by the "
      "connection to its target; both are shown if one of them fulfils the conditions. "
      "Ports of your portlabd are shown with IANA's name of the service there, other ports with "
      "their name in IANA's registry, which is not necessarily the service that listens there; "
      "ports of the "
      "ephemeral range stay numbers. With --pairs, the server is the end whose port has a "
      "listener; without a listener, the end with the well-known or registered port; if that does "
      "not decide, the arrow points both ways. --watch with --json prints one document a line."};

  NetstatOptions options;
  bool tcp = false;
  bool udp = false;
  bool ipv4 = false;
  bool ipv6 = false;
  WatchArguments watching;
  CommandLine line(manual, Shared::json);
  line.add()("pairs", po::bool_switch(&options.pairs), "both ends of a session on one line")(
      "all,a", po::bool_switch(&options.all), "listeners, too")(
      "listening,l", po::bool_switch(&options.listening), "listeners only")(
      "numeric,n", po::bool_switch(&options.numeric), "port numbers instead of names")(
      "tcp,t", po::bool_switch(&tcp), "only tcp")("udp,u", po::bool_switch(&udp), "only udp")(
      "ipv4,4", po::bool_switch(&ipv4), "only sockets of IPv4")("ipv6,6", po::bool_switch(&ipv6),
                                                                "only sockets of IPv6")(
      "all-states", po::bool_switch(&options.all_states),
      "each session in TIME_WAIT in its own row");
  watching.add_to(line);
  line.add()("control", po::value(&options.control)->value_name("PATH"),
             "the control socket of the portlabd that names its services");
  expect_no_programs(arguments);
  const auto shared = line.parse(WatchArguments::complete(arguments));
  if (!shared) return std::nullopt;

  options.json = shared->json;
  options.query = {
      .tcp = tcp || !udp, .udp = udp || !tcp, .ipv4 = ipv4 || !ipv6, .ipv6 = ipv6 || !ipv4};
  options.filter = SessionFilter(line, line.operands(), "portlab netstat");
  // LISTEN without -a would show nothing.
  if (options.filter.needs(TcpState::listen)) options.all = true;
  options.watch = watching.parse(line);
  if (options.watch) {
    options.watch->documents = options.json;
    options.watch->marks = true;
  }
  return options;
}

}  // namespace

int run_netstat(const Arguments& arguments) {
  const auto options = parse_options(arguments);
  if (!options) return 0;
  Netstat netstat(*options);
  if (options->watch) {
    watch(*options->watch, {[&] { netstat.look(); },
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
