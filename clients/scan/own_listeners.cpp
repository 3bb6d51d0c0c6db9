#include "clients/scan/own_listeners.hpp"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <tuple>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/host_info.hpp"
#include "clients/net/process_sockets.hpp"
#include "clients/net/scan_permission.hpp"
#include "clients/net/sock_diag.hpp"
#include "clients/scan/port_scan.hpp"
#include "common/service_names.hpp"
#include "common/system/port_settings.hpp"
#include "common/system/privileges.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

/// An address at which this machine itself reaches the socket.
asio::ip::address address_from_here(const SocketRow& socket) {
  if (!socket.local.is_any()) return socket.local.to_address();
  if (socket.local.is_ipv4() || !socket.ipv6_only) return asio::ip::address_v4::loopback();
  return asio::ip::address_v6::loopback();
}

/// The ports of clients: a udp socket there waits for an answer, and must not get a question.
bool is_client_port(const SocketRow& socket) {
  const auto range = ephemeral_range();
  return socket.transport == Transport::udp && range && range->contains(socket.local.port);
}

/// Asks the services what they are; all that are reached at the same address at once.
void recognise(std::vector<OwnListener>& listeners, const std::function<bool()>& stopped) {
  std::map<asio::ip::address, PortList> ports;
  for (const auto& listener : listeners) {
    const auto& socket = listener.sockets.front();
    if (is_client_port(socket)) continue;
    auto& list = ports[address_from_here(socket)];
    (listener.transport == Transport::udp ? list.udp : list.tcp).push_back(listener.port);
  }
  for (auto& [address, list] : ports) {
    list.add({});
    ScanReport report{.host = address.to_string(), .address = address, .ports = list};
    try {
      scan_ports(report, {.silence = std::chrono::milliseconds(600),
                          .this_machine = true,
                          .on_port = [] {},
                          .stopped = stopped});
    } catch (const CommandError&) {
      continue;  // as an address that was removed meanwhile: its services stay unknown
    }
    for (auto& listener : listeners) {
      if (address_from_here(listener.sockets.front()) != address) continue;
      const auto* found = report.find(listener.transport, listener.port);
      if (found != nullptr) listener.service = found->service;
    }
  }
}

/// /proc hides the files of a portlabd with privileges; its control socket reports its listeners.
std::vector<std::string> owners_of(std::span<const SocketRow> rows) {
  auto owners = processes_with(rows);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (owners[i].empty() &&
        local_listener_at(to_endpoint(rows[i].transport, rows[i].local)) != nullptr)
      owners[i] = "your portlabd";
  return owners;
}

std::size_t sessions_with(const OwnListener& listener, std::span<const SocketRow> rows) {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](const auto& row) {
    return row.transport == listener.transport && row.local.port == listener.port &&
           row.state == TcpState::established && row.remote.port != 0;
  }));
}

bool is_public(const InterfaceAddress& own) {
  return permission_by_number(own.address) == ScanPermission::needs_consent;
}

std::string text_of(const InterfaceAddress& own) {
  return own.address.to_string() + " (" + own.interface + (is_public(own) ? ", public)" : ")");
}

void add_reach(OwnListener& listener, const std::vector<InterfaceAddress>& own) {
  for (const auto& socket : listener.sockets) {
    if (socket.local.is_any() && socket.interface == 0) listener.everywhere = true;
    for (const auto& address : reachable_at(socket, own)) {
      listener.is_public = listener.is_public || is_public(address);
      const auto text = text_of(address);
      auto& reached = listener.reached;
      if (std::find(reached.begin(), reached.end(), text) == reached.end()) reached.push_back(text);
    }
  }
}

std::string reach_text(const OwnListener& listener) {
  if (listener.reached.empty())
    return listener.everywhere ? "this machine only: it has no other network" : "this machine only";
  constexpr std::size_t shown_max = 2;
  const std::span all(listener.reached);
  const auto shown = all.first(std::min(all.size(), shown_max));
  const auto others = all.size() - shown.size();
  return (listener.everywhere  ? "every network: "
          : listener.is_public ? "other networks: "
                               : "your LAN: ") +
         join(shown, ", ") + (others == 0 ? "" : " and " + std::to_string(others) + " others");
}

std::string program_text(const OwnListener& listener) {
  return listener.program.empty() ? "unknown, a program of " + printable(listener.user)
                                  : listener.program;
}

/// What would stop: the service, and how many sessions use it now.
std::string stops_text(const OwnListener& listener) {
  const auto registered = service_name(listener.port, to_string(listener.transport));
  std::string text = !listener.service.empty() ? listener.service
                     : registered.empty()      ? "unknown"
                                               : std::string(registered) + "?";
  if (listener.sessions > 0)
    text += ", " + std::to_string(listener.sessions) +
            (listener.sessions == 1 ? " session" : " sessions");
  return text;
}

}  // namespace

std::vector<InterfaceAddress> reachable_at(const SocketRow& socket,
                                           const std::vector<InterfaceAddress>& own) {
  std::array<char, IF_NAMESIZE> name{};
  const bool bound = socket.interface != 0 && ::if_indextoname(socket.interface, name.data());
  std::vector<InterfaceAddress> reached;
  for (const auto& address : own) {
    if (address.address.is_loopback() || (bound && address.interface != name.data())) continue;
    if (socket.accepts(socket_end(address.address, socket.local.port))) reached.push_back(address);
  }
  return reached;
}

std::vector<OwnListener> own_listeners(const std::function<bool()>& stopped) {
  const auto table = read_socket_table();
  if (!table.complete())
    throw CommandError(Exit::no_connection, table.no_tcp.empty() ? table.no_udp : table.no_tcp,
                       "portlab scan 127.0.0.1 all (asks every port instead)");
  std::vector<SocketRow> rows;
  for (const auto& row : table.rows)
    if (row.is_listener() && row.local.port != 0) rows.push_back(row);
  const auto owners = owners_of(rows);
  std::map<std::tuple<Transport, std::uint16_t, std::string, std::uint32_t>, OwnListener> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& listener = found[{rows[i].transport, rows[i].local.port, owners[i], rows[i].user_id}];
    listener.transport = rows[i].transport;
    listener.port = rows[i].local.port;
    listener.program = owners[i];
    const auto user = find_user(std::to_string(rows[i].user_id));
    listener.user = user ? user->name : "uid " + std::to_string(rows[i].user_id);
    listener.sockets.push_back(rows[i]);
  }
  const auto own = own_addresses();
  std::vector<OwnListener> listeners;
  for (auto& [key, listener] : found) {
    add_reach(listener, own);
    listener.sessions = sessions_with(listener, table.rows);
    listeners.push_back(std::move(listener));
  }
  recognise(listeners, stopped);
  return listeners;
}

std::string to_text(const std::vector<OwnListener>& listeners, const TableRoom& room) {
  if (listeners.empty()) return "nothing listens on this machine\n";
  TextTable table({{.title = "Port"},
                   {.title = "Program"},
                   {.title = "Would stop if closed"},
                   {.title = "Reachable from"}});
  bool unknown = false;
  bool guessed = false;
  for (const auto& listener : listeners) {
    unknown = unknown || listener.program.empty();
    guessed = guessed || stops_text(listener).find('?') != std::string::npos;
    table.cells({std::string(to_string(listener.transport)) + " " + std::to_string(listener.port),
                 program_text(listener), stops_text(listener), reach_text(listener)});
  }
  auto text = table.to_string(room);
  const auto note = [&](std::string_view words) {
    text += wrap(words, static_cast<unsigned>(room.columns), 0) + "\n";
  };
  note("Reachable from: by the addresses of the listener. A firewall may forbid it.");
  if (guessed) note("?: IANA's name of the number. The service did not show what it is.");
  if (unknown) note("Programs of other users are unknown; with sudo they are shown.");
  return text;
}

json::value to_json(const std::vector<OwnListener>& listeners) {
  json::array list;
  for (const auto& listener : listeners) {
    json::array addresses;
    for (const auto& socket : listener.sockets)
      addresses.push_back(json::value(socket.local.to_address().to_string()));
    json::array reached;
    for (const auto& each : listener.reached) reached.push_back(json::value(each));
    list.push_back(json::object{
        {"transport", to_string(listener.transport)},
        {"port", listener.port},
        {"addresses", std::move(addresses)},
        {"reachable_at", std::move(reached)},
        {"this_machine_only", listener.reached.empty()},
        {"public", listener.is_public},
        {"program", listener.program.empty() ? json::value() : json::value(listener.program)},
        {"user", listener.user},
        {"service", listener.service.empty() ? json::value() : json::value(listener.service)},
        {"registered", service_name(listener.port, to_string(listener.transport))},
        {"sessions", listener.sessions}});
  }
  return json::object{{"listeners", std::move(list)}};
}

}  // namespace portlab
