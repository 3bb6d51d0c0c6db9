// The translation table, and the sessions of all hosts.

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>
#include <utility>

#include "common/text.hpp"
#include "labs/network/office/office_text.hpp"

namespace portlab::office {

namespace json = boost::json;

namespace {

constexpr std::size_t program_bytes_max = 64;

constexpr std::string_view green = "32", yellow = "33", faint = "2", cyan = "36";

std::string_view arrow(const TableRoom& room) { return room.unicode ? "→" : "->"; }

std::string_view sgr_of(std::string_view state) {
  if (state.find("UNREPLIED") != std::string_view::npos) return yellow;
  if (state == "ESTABLISHED" || state == "ASSURED" || state == "REPLIED") return green;
  return faint;
}

/// "192.168.1.12:40000".
std::string address_text(const SocketEnd& end) {
  std::string text;
  append_address(text, end);
  return text + ":" + std::to_string(end.port);
}

/// The same; of an address inside the office, with the host's name before it.
std::string end_text(const SocketEnd& end) {
  auto text = address_text(end);
  const auto host = host_name_of(end);
  const bool inside = text.starts_with("192.168.");
  return inside && !host.empty() ? host + " " + text : text;
}

/// "pc1:40000", or the address where it belongs to no host.
std::string short_text(const std::string& host, const SocketEnd& end, bool numeric) {
  std::string name = numeric ? "" : host;
  if (name.empty()) append_address(name, end);
  return name + ":" + std::to_string(end.port);
}

/// What the states in the router's table mean, those that are there now: for a terminal.
std::string states_text(const OfficeView& view, const TableRoom& room) {
  struct Meaning {
    std::string_view state, text;
  };
  constexpr Meaning meanings[] = {
      {"UNREPLIED", "no answer yet"},
      {"REPLIED", "one answer"},
      {"ASSURED", "packets in both directions, again and again"},
      {"TIME_WAIT", "the session has ended, the row stays for two minutes"},
  };
  std::string text;
  for (const auto& each : meanings) {  // clang 14 can't capture a structured binding
    const auto state = each.state;
    const bool is_there = std::ranges::any_of(view.tracked, [&](const TrackedConnection& row) {
      const auto shown = row.state();
      return row.is_translated() && (shown == state || shown.ends_with(" " + std::string(state)));
    });
    if (is_there)
      text += (text.empty() ? "" : "; ") + std::string(state) + ": " + std::string(each.text);
  }
  return text.empty() ? "" : wrap(text, static_cast<unsigned>(room.columns), 0) + "\n";
}

std::string state_of(const std::optional<TcpState>& state) {
  return state ? std::string(to_string(*state)) : "-";
}

std::string session_state(const OfficeSession& session) {
  if (session.transport == Transport::udp) return "no connection";
  const auto client = state_of(session.client.state);
  const auto server = state_of(session.server.state);
  return client == server ? client : client + " / " + server;
}

/// Whether only TIME_WAIT is left of it, at one end.
bool has_ended(const OfficeSession& session) {
  const auto open = [](const std::optional<TcpState>& state) {
    return state && *state != TcpState::time_wait;
  };
  return session.transport == Transport::tcp && !open(session.client.state) &&
         !open(session.server.state);
}

json::object to_json(const SocketEnd& end) {
  return {
      {"host", host_name_of(end)}, {"address", end.to_address().to_string()}, {"port", end.port}};
}

json::object to_json(const SessionEnd& end) {
  auto object = to_json(end.end);
  object["host"] = end.host;
  object["state"] = nullptr;
  if (end.state) object["state"] = to_string(*end.state);
  return object;
}

}  // namespace

std::string nat_text(const OfficeView& view, const TableRoom& room) {
  // In 80 columns a row has room for one host name: that of the end which opened the connection.
  constexpr std::size_t wide_columns = 100;
  const bool is_wide = room.columns >= wide_columns;
  std::vector<TextTable::Column> columns{{.title = "Proto"},
                                         {.title = "From", .tight_gap = 1},
                                         {.title = "", .gap = 1, .tight_gap = 1},
                                         {.title = "Router", .gap = 1, .tight_gap = 1},
                                         {.title = "", .gap = 1, .tight_gap = 1},
                                         {.title = "To", .gap = 1, .tight_gap = 1},
                                         {.title = "State", .tight_gap = 1}};
  if (is_wide) columns.push_back({.title = "Time-out", .right_aligned = true});
  TextTable table(std::move(columns));
  for (const auto& row : view.tracked) {
    if (!row.is_translated()) continue;
    const bool source = row.reply.destination != row.original.source;
    const auto state = row.state();
    table.cells({row.protocol_name(), end_text(row.original.source), arrow(room),
                 end_text(source ? row.reply.destination : row.original.destination), arrow(room),
                 is_wide ? end_text(row.reply.source) : address_text(row.reply.source)});
    table.cell(state, sgr_of(state));
    if (is_wide) table.cell(std::to_string(row.seconds) + " s");
  }
  if (table.rows() == 0) return "The router translates no connection at the moment.\n";
  return table.to_string(room) + (room.overlong == Overlong::wrap ? states_text(view, room) : "");
}

json::value nat_json(const OfficeView& view) {
  json::array rows;
  for (const auto& row : view.tracked) {
    if (!row.is_translated()) continue;
    const bool source = row.reply.destination != row.original.source;
    rows.push_back(
        json::object{{"protocol", row.protocol_name()},
                     {"translation", source ? "source" : "destination"},
                     {"from", to_json(row.original.source)},
                     {"router", to_json(source ? row.reply.destination : row.original.destination)},
                     {"to", to_json(row.reply.source)},
                     {"state", row.state()},
                     {"seconds", row.seconds}});
  }
  return json::object{{"translations", std::move(rows)}};
}

namespace {

/// "ms-wbt-server's default port is 3389": of services that are at another port.
using Moved = std::set<std::string>;

/// The service; with a "*" where the port is not its default one, which is then noted.
std::string service_cell(const OfficeView& view, const std::string& host, Transport transport,
                         std::uint16_t port, const std::string& service, Moved& moved) {
  const auto default_port = view.default_port(host, transport, port);
  if (!default_port || service.empty()) return service;
  moved.insert(service + "'s default port is " + std::to_string(*default_port));
  return service + " *";
}

/// A table of their own: listeners have a program, and no other end.
std::string listeners_table(const OfficeView& view, const SessionRows& shown, Moved& moved,
                            const TableRoom& room) {
  TextTable table({{.title = "Proto"},
                   {.title = "Server"},
                   {.title = "Service"},
                   {.title = "State"},
                   {.title = "Program"}});
  for (const auto& each : view.tables.listeners) {
    const auto* program = view.program(each);
    table.cells(
        {to_string(each.transport), short_text(each.host, each.end, shown.numeric),
         service_cell(view, each.host, each.transport, each.end.port, view.service(each), moved)});
    table.cell(each.transport == Transport::tcp ? "LISTEN" : "bound", cyan);
    table.cell(program == nullptr ? "-" : displayable(program->name, program_bytes_max));
  }
  return table.to_string(room);
}

}  // namespace

std::string sessions_text(const OfficeView& view, const SessionRows& shown, const TableRoom& room) {
  TextTable table({{.title = "Proto"},
                   {.title = "Client"},
                   {.title = "", .gap = 1, .tight_gap = 1},
                   {.title = "Router", .gap = 1, .tight_gap = 1},
                   {.title = "", .gap = 1, .tight_gap = 1},
                   {.title = "Server", .gap = 1, .tight_gap = 1},
                   {.title = "Service"},
                   {.title = "State"}});
  std::size_t hidden = 0;
  Moved moved;
  for (const auto& each : view.tables.sessions) {
    if (!shown.ended && has_ended(each)) {
      ++hidden;
      continue;
    }
    const auto router = each.router ? short_text("router", *each.router, shown.numeric) : "";
    const auto state = session_state(each);
    table.cells({to_string(each.transport),
                 short_text(each.client.host, each.client.end, shown.numeric),
                 each.router ? arrow(room) : "", router, arrow(room),
                 short_text(each.server.host, each.server.end, shown.numeric),
                 service_cell(view, each.server.host, each.transport, each.server.end.port,
                              view.service(each), moved)});
    table.cell(state, sgr_of(state));
  }
  std::string text;
  if (shown.listeners && !view.tables.listeners.empty())
    text = listeners_table(view, shown, moved, room);
  if (table.rows() > 0)
    text += (text.empty() ? "" : "\n") + table.to_string(room);
  else if (text.empty())
    text = "No host has an open session at the moment.\n";
  if (hidden > 0)
    text += std::to_string(hidden) + " in TIME_WAIT: " + office_command(view.office, "netstat") +
            " shows them\n";
  for (const auto& note : moved) text += "* moved: " + note + "\n";
  return text;
}

json::value sessions_json(const OfficeView& view) {
  json::array sessions;
  for (const auto& each : view.tables.sessions) {
    json::object row{{"transport", to_string(each.transport)},
                     {"client", to_json(each.client)},
                     {"server", to_json(each.server)},
                     {"service", view.service(each)},
                     {"router", nullptr}};
    if (each.router) {
      row["router"] = to_json(*each.router);
      row["translation"] = each.source_translated ? "source" : "destination";
    }
    sessions.push_back(std::move(row));
  }
  json::array listeners;
  for (const auto& each : view.tables.listeners) {
    auto row = to_json(each.end);
    row["host"] = each.host;
    row["transport"] = to_string(each.transport);
    row["service"] = view.service(each);
    const auto* program = view.program(each);
    row["program"] = nullptr;
    if (program != nullptr) row["program"] = displayable(program->name, program_bytes_max);
    listeners.push_back(std::move(row));
  }
  json::object document{{"sessions", std::move(sessions)}, {"listeners", std::move(listeners)}};
  if (!view.problems.empty()) {
    json::array problems;
    for (const auto& each : view.problems) problems.emplace_back(each);
    document["problems"] = std::move(problems);
  }
  return document;
}

}  // namespace portlab::office
