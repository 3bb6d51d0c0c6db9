#include "clients/netstat/print.hpp"

#include <net/if.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <map>
#include <set>

#include "common/session_row.hpp"

namespace portlab {

namespace json = boost::json;

// Ends ------------------------------------------------------------------------------------------

namespace {

std::string_view dash(const TableRoom& room) { return room.unicode ? "—" : "-"; }
std::string_view forwards(const TableRoom& room) { return room.unicode ? "⇒" : "=>"; }
std::string_view both_ways(const TableRoom& room) { return room.unicode ? "↔" : "<>"; }

std::string interface_name(std::uint32_t index) {
  char name[IF_NAMESIZE] = "";
  return ::if_indextoname(index, name) != nullptr ? name : std::to_string(index);
}

/// Formats ends, in one string that is reused for all rows.
class EndWriter {
 public:
  /// "127.0.0.1:http", "[fe80::1%eth0]:22". `name`: of the port; empty: its number. Valid until the
  /// next call.
  std::string_view end(const SocketEnd& end, std::string_view name, std::uint32_t interface) {
    text_.clear();
    append_address(text_, end);
    if (interface != 0)
      text_.insert(text_.size() - (text_.back() == ']' ? 1 : 0), "%" + interface_name(interface));
    text_ += ':';
    char digits[5];
    const auto* const last = std::to_chars(digits, digits + sizeof digits, end.port).ptr;
    text_ += name.empty() ? std::string_view(digits, last) : name;
    return text_;
  }

  /// An end of several sessions: "127.0.0.1:80", "127.0.0.1:*", "*:80", "*:*".
  std::string_view ends(const SocketEnd& end, std::string_view name) {
    text_.clear();
    if (end.address == SocketEnd().address)
      text_ += '*';
    else
      append_address(text_, end);
    text_ += ':';
    text_ += end.port == 0 ? "*" : name.empty() ? std::to_string(end.port) : std::string(name);
    return text_;
  }

  /// The peer of a socket that has none: "0.0.0.0:*".
  std::string_view no_peer(const SocketEnd& end) {
    text_.clear();
    append_address(text_, end);
    text_ += ":*";
    return text_;
  }

 private:
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

std::string several(std::uint32_t count, std::string_view state, const TableRoom& room) {
  return std::to_string(count) + (room.unicode ? " × " : " x ") + std::string(state);
}

std::string note_on_folded(const TableRoom& room) {
  return std::string(room.unicode ? "N × " : "N x ") +
         "TIME_WAIT: N ended sessions in one row; --all-states shows each\n";
}

// Styles of TextTable::cell. The words say the same.
constexpr std::string_view green = "32", red = "31", yellow = "33", cyan = "36", faint = "2";

std::string_view sgr_of(const std::optional<TcpState>& state) {
  if (!state) return {};
  switch (*state) {
    case TcpState::established:
      return green;
    case TcpState::listen:
      return cyan;
    case TcpState::time_wait:
    case TcpState::close:
      return faint;
    default:
      return yellow;
  }
}

void mark_cell(TextTable& table, std::span<const Mark> marks, std::size_t row) {
  if (marks.empty()) return;
  const char sign = static_cast<char>(marks[row]);
  table.cell(marks[row] == Mark::none ? std::string_view{} : std::string_view(&sign, 1),
             marks[row] == Mark::appeared ? green
             : marks[row] == Mark::gone   ? red
                                          : yellow);
}

/// The columns, after one for the marks if there are any.
std::vector<TextTable::Column> with_marks(std::span<const Mark> marks,
                                          std::vector<TextTable::Column> columns) {
  if (marks.empty()) return columns;
  columns.front().gap = columns.front().tight_gap = 1;
  columns.insert(columns.begin(), {.title = "", .width_min = 1});
  return columns;
}

// Pairs -----------------------------------------------------------------------------------------

bool two_states(const Pair& pair) {
  return pair.kind == Pair::Kind::session && pair.transport == Transport::tcp && !pair.elsewhere &&
         pair.client_state != pair.server_state;
}

constexpr std::string_view unknown_end = "?";

/// What is shown for an end without a socket. An end that is ESTABLISHED or in SYN_SENT does not
/// outlive the other one: then it has another 4-tuple, or never was.
std::string_view missing_end(const Pair& pair, const TableRoom& room) {
  const auto& other = pair.client_state ? pair.client_state : pair.server_state;
  const bool open = other == TcpState::established || other == TcpState::syn_sent;
  return open ? unknown_end : dash(room);
}

std::string pair_state(const Pair& pair, const TableRoom& room) {
  if (pair.kind == Pair::Kind::listener)
    return pair.transport == Transport::tcp ? "LISTEN" : "bound: udp has no LISTEN";
  if (pair.transport == Transport::udp)
    return pair.elsewhere || pair.server_state ? "no connection: udp has none"
                                               : "no connection: no server socket";
  const auto state = [&](const std::optional<TcpState>& end) {
    return std::string(end ? to_string(*end) : missing_end(pair, room));
  };
  if (pair.count > 1) return several(pair.count, to_string(TcpState::time_wait), room);
  auto text = two_states(pair) ? state(pair.client_state) + " / " + state(pair.server_state)
                               : state(pair.client_state ? pair.client_state : pair.server_state);
  if (pair.translated)
    text += ", NAT to " + to_endpoint(pair.transport, *pair.translated).address_and_port();
  return text;
}

std::string_view sgr_of(const Pair& pair) {
  if (pair.transport == Transport::udp) return {};
  return two_states(pair) && pair.client_state && pair.server_state
             ? yellow
             : sgr_of(pair.client_state ? pair.client_state : pair.server_state);
}

/// The ends as cells.
std::string_view shown_end(EndWriter& writer, const SocketLine& row, const SocketEnd& end,
                           const ServiceNames& names) {
  const auto name = names.port_name(row.transport, end);
  if (row.count > 1) return writer.ends(end, name);
  const bool local = &end == &row.local;
  if (!local && end.port == 0) return writer.no_peer(end);
  return writer.end(end, name, local ? row.interface : 0);
}

/// The interface is shown only for link-local addresses, which need it (RFC 4007).
std::uint32_t zone_of(const Pair& pair, const SocketEnd& end) {
  const auto address = end.to_address();
  return address.is_v6() && address.to_v6().is_link_local() ? pair.interface : 0;
}

}  // namespace

std::string socket_table(std::span<const SocketLine> rows, std::span<const Mark> marks,
                         const ServiceNames& names, const TableRoom& room) {
  TextTable table(with_marks(marks, {{.title = "Proto"},
                                     {.title = "Local Address", .width_min = 23},
                                     {.title = "Foreign Address", .width_min = 23},
                                     {.title = "State"}}));
  table.reserve(rows.size(), 64);
  EndWriter writer;
  bool folded = false;
  std::set<std::string> moved;  // a name does not tell at which port the service is
  const auto note_moved = [&](Transport transport, const SocketEnd& end) {
    if (const auto* listener = names.moved_listener_at(transport, end))
      moved.insert(std::string(names.port_name(transport, end)) + " at " +
                   std::string(to_string(transport)) + " " + std::to_string(end.port) +
                   ": moved, its default port is " + std::to_string(listener->default_port) + "\n");
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    mark_cell(table, marks, i);
    table.cell(protocol(row));
    table.cell(shown_end(writer, row, row.local, names));
    table.cell(shown_end(writer, row, row.remote, names));
    const bool tcp = row.transport == Transport::tcp;
    table.cell(row.count > 1 ? several(row.count, state_of(row), room) : std::string(state_of(row)),
               tcp ? sgr_of(row.state) : std::string_view());
    folded = folded || row.count > 1;
    for (const auto* end : {&row.local, &row.remote}) note_moved(row.transport, *end);
  }
  std::string notes;
  for (const auto& note : moved) notes += note;
  return table.to_string(room) + notes + (folded ? note_on_folded(room) : "");
}

std::string pair_table(std::span<const Pair> pairs, std::span<const Mark> marks,
                       const ServiceNames& names, const TableRoom& room) {
  TextTable table(with_marks(marks, {{.title = "Proto"},
                                     {.title = "Client", .width_min = 15},
                                     {.title = "", .gap = 4, .tight_gap = 1},
                                     {.title = "Server", .width_min = 18, .gap = 4, .tight_gap = 1},
                                     {.title = "Service"},
                                     {.title = "State"}}));
  table.reserve(pairs.size(), 80);
  EndWriter writer;
  // The lines below the table explain the signs in it.
  std::map<std::string, std::string> moved;
  std::string closed_note, unknown_note, folded_note, guess_note, nat_note, forward_note;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto& pair = pairs[i];
    const bool session = pair.kind == Pair::Kind::session;
    const auto end = [&](const SocketEnd& one) {
      return pair.count > 1 ? writer.ends(one, {}) : writer.end(one, {}, zone_of(pair, one));
    };
    const auto service = names.label(pair);
    mark_cell(table, marks, i);
    table.cell(to_string(pair.transport));
    table.cell(!session ? std::string(dash(room))
               : pair.forwarded_from
                   ? std::string(forwards(room)) + " " + std::string(end(pair.client))
                   : std::string(end(pair.client)));
    table.cell(!session ? "" : pair.guessed ? both_ways(room) : room.unicode ? "→" : "->");
    table.cell(end(pair.server));
    table.cell(service.moved ? service.name + " *" : service.name);
    table.cell(pair_state(pair, room), sgr_of(pair));
    if (service.moved)
      moved[service.name] = "* moved: " + service.name + "'s default port is " +
                            std::to_string(service.default_port) + "\n";
    if (pair.count > 1) {
      folded_note = note_on_folded(room);
    } else if (two_states(pair)) {
      const bool unknown =
          (!pair.client_state || !pair.server_state) && missing_end(pair, room) == unknown_end;
      (unknown ? unknown_note : closed_note) =
          unknown ? "?: no socket here has these two endpoints; the other end may have been "
                    "translated (NAT)\n"
                  : "A / B: the client's end is in state A, the server's in B; " +
                        std::string(dash(room)) + ": closed\n";
    }
    if (pair.translated)
      nat_note = "NAT to: this machine's packet filter leads the session to that endpoint\n";
    if (pair.forwarded_from)
      forward_note = std::string(forwards(room)) +
                     " forwarded: for the session above, portlabd made " +
                     "this connection to the target\n";
    if (pair.guessed)
      guess_note = std::string(both_ways(room)) +
                   " neither port has a listener now, so which end is the client is unknown\n";
  }
  std::string notes;
  for (const auto& [service, note] : moved) notes += note;
  return table.to_string(room) + notes + closed_note + unknown_note + folded_note + nat_note +
         forward_note + guess_note;
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

json::value pairs_json(std::span<const Pair> pairs, const ServiceNames& names) {
  const auto state = [](const Pair& pair, const std::optional<TcpState>& end) -> json::value {
    if (!end || pair.transport == Transport::udp) return nullptr;
    return json::value(to_string(*end));
  };
  json::array out;
  out.reserve(pairs.size());
  for (const auto& pair : pairs) {
    const auto service = names.label(pair);
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
    if (pair.forwarded_from) {
      const auto& [server, client] = *pair.forwarded_from;
      row["forwarded_from"] =
          json::object{{"client", to_json(to_endpoint(pair.transport, client))},
                       {"server", to_json(to_endpoint(pair.transport, server))}};
    }
    if (pair.translated)
      row["translated_to"] = to_json(to_endpoint(pair.transport, *pair.translated));
    out.push_back(std::move(row));
  }
  return json::object{{"pairs", std::move(out)}};
}

}  // namespace portlab
