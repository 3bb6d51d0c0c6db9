#include "labs/network/office/office_view.hpp"

#include <cstring>
#include <filesystem>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/sock_diag.hpp"
#include "labs/network/office/confined_program.hpp"
#include "labs/network/office/extra_servers.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/office_plan.hpp"
#include "labs/network/office/office_servers.hpp"

namespace portlab::office {

namespace {

constexpr std::chrono::milliseconds server_time_limit{1000};

/// The tables of the host's portlabd; empty where none runs.
ServerTables server_tables(const RunningOffice& office, const Host& host) {
  ServerTables tables;
  const auto path = path_from_here(office, control_path(host.name));
  // Not access(2), which tests without capabilities.
  std::error_code unknown;
  if (!std::filesystem::exists(path, unknown)) return tables;
  try {
    tables.listeners =
        ask_server(path, {ControlCommand::listeners, {}}, server_time_limit).reply.listeners;
    auto reply = ask_server(path, {ControlCommand::sessions, {}}, server_time_limit).reply;
    tables.sessions = std::move(reply.sessions);
    for (auto& row : reply.ended) tables.sessions.push_back(std::move(row));
  } catch (const CommandError&) {
    // It was stopped: then ports have the names of IANA's registry.
  }
  return tables;
}

}  // namespace

std::string office_command(const std::string& office_name, const std::string& words) {
  const bool is_default = office_name == "office" || is_inside();
  return "portlab office " + (is_default ? "" : "--name " + office_name + " ") + words;
}

std::string host_name_of(const SocketEnd& end) {
  const auto* const host = host_at(end.to_address());
  return host == nullptr ? std::string() : std::string(host->name);
}

const SocketProgram* OfficeView::program(const OfficeListener& listener) const {
  const auto found = programs.find(listener.inode);
  return found == programs.end() ? nullptr : &found->second;
}

std::string OfficeView::service(const OfficeListener& listener) const {
  const auto extra = extra_services.find({listener.host, listener.end.port});
  if (extra != extra_services.end() && listener.transport == Transport::tcp)
    return std::string(extra->second);
  return std::string(names.at(listener.host).port_name(listener.transport, listener.end));
}

std::optional<std::uint16_t> OfficeView::default_port(const std::string& host, Transport transport,
                                                      std::uint16_t port) const {
  const auto extra = extra_services.find({host, port});
  if (extra == extra_services.end() || transport != Transport::tcp) return std::nullopt;
  const auto servers = extra_servers();
  const auto found = std::ranges::find(servers, extra->second, &ExtraServer::service);
  if (found == servers.end() || found->port == port) return std::nullopt;
  return found->port;
}

std::string OfficeView::service(const OfficeSession& session) const {
  const auto extra = extra_services.find({session.server.host, session.server.end.port});
  if (extra != extra_services.end() && session.transport == Transport::tcp)
    return std::string(extra->second);
  const auto found = names.find(session.server.host);
  if (found == names.end()) return {};
  Pair pair;
  pair.transport = session.transport;
  pair.server = session.server.end;
  pair.client = session.router && session.source_translated ? *session.router : session.client.end;
  return found->second.label(pair).name;
}

OfficeView look_at(const RunningOffice& office) {
  OfficeView view;
  view.office = office.name;
  std::vector<HostSockets> tables;
  for (const auto& host : hosts()) {
    const std::string name(host.name);
    if (const auto entered = enter_network(office.host(name)); !entered.ok())
      throw CommandError(Exit::no_connection, "the office: " + name + ": " + entered.step + ": " +
                                                  std::strerror(entered.error));
    auto table = read_socket_table();
    if (!table.complete())
      view.problems.push_back(name + ": " + (table.no_tcp.empty() ? table.no_udp : table.no_tcp));
    view.names.emplace(name, ServiceNames(server_tables(office, host), table.rows, true));
    tables.push_back({name, std::move(table.rows)});
    if (host.second.empty()) continue;
    if (auto tracked = read_conntrack())
      view.tracked = std::move(*tracked);
    else
      view.problems.push_back(tracked.error().text);
  }
  if (auto forwards = read_forwards(office))
    view.forwards = std::move(*forwards);
  else
    view.problems.push_back(forwards.error().text);
  const auto is_served = [&](const std::string& host, Transport transport, const SocketEnd& server,
                             const SocketEnd& client) {
    const auto found = view.names.find(host);
    return found != view.names.end() && found->second.is_served(transport, server, client);
  };
  view.tables = join_tables(tables, view.tracked, {host_name_of, is_served});
  std::set<std::uint32_t> inodes;
  for (const auto& each : view.tables.listeners) inodes.insert(each.inode);
  view.programs = programs_of(inodes);
  for (const auto& each : view.tables.listeners)
    if (const auto* owner = view.program(each))
      if (const auto* extra = extra_of_program(owner->name))
        view.extra_services[{each.host, each.end.port}] = extra->service;
  return view;
}

}  // namespace portlab::office
