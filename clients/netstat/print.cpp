#include "clients/netstat/print.hpp"

#include <charconv>
#include <map>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "common/session_row.hpp"

namespace portlab {

namespace json = boost::json;

// Ends ------------------------------------------------------------------------------------------

namespace {

/// Formats ends, in one string that is reused for all rows.
class EndWriter {
 public:
  EndWriter(const NetstatNames& names, const TableRoom& room) : names_(names), room_(room) {}

  /// "127.0.0.1:http", "[fe80::1%eth0]:22". Valid until the next call.
  std::string_view end(Transport transport, const SocketEnd& end, std::uint32_t interface) {
    text_.clear();
    append_address(text_, end);
    if (interface != 0 && names_.interface) {
      const auto name = "%" + names_.interface(interface);
      text_.insert(text_.size() - (text_.back() == ']' ? 1 : 0), name);
    }
    text_ += ':';
    const auto name = names_.port ? names_.port(transport, end) : std::string_view{};
    if (!name.empty()) {
      text_ += name;
    } else {
      char digits[5];
      text_.append(digits, std::to_chars(digits, digits + sizeof digits, end.port).ptr);
    }
    return text_;
  }

  /// The peer of a socket that has none: "0.0.0.0:*".
  std::string_view no_peer(const SocketEnd& end) {
    text_.clear();
    append_address(text_, end);
    text_ += ":*";
    return text_;
  }

  std::string_view dash() const { return room_.unicode ? "—" : "-"; }
  std::string_view arrow() const { return room_.unicode ? "→" : "->"; }
  std::string_view both_ways() const { return room_.unicode ? "↔" : "<>"; }

 private:
  const NetstatNames& names_;
  const TableRoom& room_;
  std::string text_;
};

std::string_view protocol(const SocketRow& row) {
  if (row.transport == Transport::udp) return row.ipv6_socket ? "udp6" : "udp";
  return row.ipv6_socket ? "tcp6" : "tcp";
}

/// UDP sockets have no states. netstat(8) shows the kernel's ESTABLISHED for one that is connected
/// to a peer; that sends nothing to the peer, so it is not shown here.
std::string_view state_of(const SocketRow& row) {
  if (row.transport == Transport::tcp) return to_string(row.state);
  return row.is_listener() ? std::string_view{} : "no connection";
}

// The tables below are printed from rows with marks and without.
const SocketRow& bare(const SocketRow& row) { return row; }
const Pair& bare(const Pair& pair) { return pair; }
template <class T>
const T& bare(const Marked<T>& marked) {
  return marked.row;
}

template <class T>
constexpr bool is_marked = false;
template <class T>
constexpr bool is_marked<Marked<T>> = true;

template <class T>
void mark_cell(TextTable& table, const T& row) {
  if constexpr (is_marked<T>) {
    const char sign = static_cast<char>(row.mark);
    table.cell(row.mark == Mark::none ? std::string_view{} : std::string_view(&sign, 1));
  }
}

/// The columns, after one for the marks if the rows have them.
template <class T>
std::vector<TextTable::Column> with_marks(std::vector<TextTable::Column> columns) {
  if constexpr (is_marked<T>) {
    columns.front().gap = columns.front().tight_gap = 1;
    columns.insert(columns.begin(), {.title = "", .width_min = 1});
  }
  return columns;
}

template <class T>
std::string print_sockets(std::span<const T> rows, const NetstatNames& names,
                          const TableRoom& room) {
  TextTable table(with_marks<T>({{.title = "Proto"},
                                 {.title = "Local Address", .width_min = 23},
                                 {.title = "Foreign Address", .width_min = 23},
                                 {.title = "State"}}));
  table.reserve(rows.size(), 64);
  EndWriter writer(names, room);
  for (const auto& each : rows) {
    const SocketRow& row = bare(each);
    mark_cell(table, each);
    table.cell(protocol(row));
    table.cell(writer.end(row.transport, row.local, row.interface));
    table.cell(row.remote.port == 0 ? writer.no_peer(row.remote)
                                    : writer.end(row.transport, row.remote, 0));
    table.cell(state_of(row));
  }
  return table.to_string(room);
}

// Pairs -----------------------------------------------------------------------------------------

bool two_states(const Pair& pair) {
  return pair.kind == Pair::Kind::session && pair.transport == Transport::tcp && !pair.elsewhere &&
         pair.client_state != pair.server_state;
}

std::string pair_state(const Pair& pair, std::string_view dash) {
  if (pair.kind == Pair::Kind::listener)
    return pair.transport == Transport::tcp ? "LISTEN" : "waiting: udp has no LISTEN";
  if (pair.transport == Transport::udp)
    return pair.elsewhere || pair.server_state ? "no connection: udp has none"
                                               : "no connection: nobody is there";
  const auto state = [&](const std::optional<TcpState>& end) {
    return std::string(end ? to_string(*end) : dash);
  };
  if (two_states(pair)) return state(pair.client_state) + " / " + state(pair.server_state);
  return state(pair.client_state ? pair.client_state : pair.server_state);
}

/// The interface is shown only for link-local addresses, which need it (RFC 4007).
std::uint32_t zone_of(const Pair& pair, const SocketEnd& end) {
  const bool link_local = end.address[0] == 0xfe && (end.address[1] & 0xc0) == 0x80;
  return link_local ? pair.interface : 0;
}

/// The lines below the table that explain the signs in it.
std::string footnotes(const std::map<std::string, std::uint16_t>& moved, bool two_states_seen,
                      bool guess_seen, const EndWriter& signs) {
  std::string out;
  for (const auto& [service, default_port] : moved)
    out += "* moved: " + service + "'s default port is " + std::to_string(default_port) + "\n";
  if (two_states_seen)
    out += "A / B: the client's end is in state A, the server's in B; " +
           std::string(signs.dash()) + ": closed\n";
  if (guess_seen)
    out += std::string(signs.both_ways()) +
           " neither port has a listener (any more): which end is the client is unknown\n";
  return out;
}

template <class T>
std::string print_pairs(std::span<const T> pairs, const NetstatNames& names,
                        const TableRoom& room) {
  TextTable table(with_marks<T>({{.title = "Proto"},
                                 {.title = "Client", .width_min = 15},
                                 {.title = "", .gap = 4, .tight_gap = 1},
                                 {.title = "Server", .width_min = 18, .gap = 4, .tight_gap = 1},
                                 {.title = "Service"},
                                 {.title = "State"}}));
  table.reserve(pairs.size(), 80);
  EndWriter writer(names, room);
  std::map<std::string, std::uint16_t> moved;
  bool two_states_seen = false;
  bool guess_seen = false;
  for (const auto& each : pairs) {
    const Pair& pair = bare(each);
    const bool session = pair.kind == Pair::Kind::session;
    mark_cell(table, each);
    table.cell(to_string(pair.transport));
    table.cell(session ? writer.end(pair.transport, pair.client, zone_of(pair, pair.client))
                       : writer.dash());
    table.cell(!session ? std::string_view{} : pair.guessed ? writer.both_ways() : writer.arrow());
    table.cell(writer.end(pair.transport, pair.server, zone_of(pair, pair.server)));
    auto service = names.service ? names.service(pair) : ServiceLabel{};
    if (service.moved) moved[service.name] = service.default_port;
    table.cell(service.moved ? service.name + " *" : service.name);
    table.cell(pair_state(pair, writer.dash()));
    two_states_seen = two_states_seen || two_states(pair);
    guess_seen = guess_seen || pair.guessed;
  }
  return table.to_string(room) + footnotes(moved, two_states_seen, guess_seen, writer);
}

}  // namespace

std::string socket_table(std::span<const SocketRow> rows, const NetstatNames& names,
                         const TableRoom& room) {
  return print_sockets(rows, names, room);
}

std::string socket_table(std::span<const Marked<SocketRow>> rows, const NetstatNames& names,
                         const TableRoom& room) {
  return print_sockets(rows, names, room);
}

std::string pair_table(std::span<const Pair> pairs, const NetstatNames& names,
                       const TableRoom& room) {
  return print_pairs(pairs, names, room);
}

std::string pair_table(std::span<const Marked<Pair>> pairs, const NetstatNames& names,
                       const TableRoom& room) {
  return print_pairs(pairs, names, room);
}

// JSON ------------------------------------------------------------------------------------------

json::value sockets_json(std::span<const SocketRow> rows) {
  json::array sockets;
  sockets.reserve(rows.size());
  for (const auto& row : rows) {
    json::object socket{{"proto", protocol(row)},
                        {"local", to_json(to_endpoint(row.transport, row.local))},
                        {"remote", nullptr},
                        {"state", nullptr},
                        {"receive_queue", row.receive_queue},
                        {"send_queue", row.send_queue},
                        {"user_id", row.user_id},
                        {"inode", row.inode}};
    if (row.remote.port != 0) socket["remote"] = to_json(to_endpoint(row.transport, row.remote));
    if (row.transport == Transport::tcp) socket["state"] = state_of(row);
    sockets.push_back(std::move(socket));
  }
  return json::object{{"sockets", std::move(sockets)}};
}

json::value pairs_json(std::span<const Pair> pairs, const NetstatNames& names) {
  const auto state = [](const Pair& pair, const std::optional<TcpState>& end) -> json::value {
    if (!end || pair.transport == Transport::udp) return nullptr;
    return json::value(to_string(*end));
  };
  json::array out;
  out.reserve(pairs.size());
  for (const auto& pair : pairs) {
    const auto service = names.service ? names.service(pair) : ServiceLabel{};
    json::object row{{"transport", to_string(pair.transport)},
                     {"client", nullptr},
                     {"server", to_json(to_endpoint(pair.transport, pair.server))},
                     {"client_state", state(pair, pair.client_state)},
                     {"server_state", state(pair, pair.server_state)},
                     {"other_machine", pair.elsewhere},
                     {"direction_known", !pair.guessed},
                     {"service", nullptr},
                     {"moved", service.moved}};
    if (pair.kind == Pair::Kind::session)
      row["client"] = to_json(to_endpoint(pair.transport, pair.client));
    if (!service.name.empty()) row["service"] = service.name;
    if (service.default_port != 0) row["home_port"] = service.default_port;
    out.push_back(std::move(row));
  }
  return json::object{{"pairs", std::move(out)}};
}

}  // namespace portlab
