#include "clients/netstat/endpoint_names.hpp"

#include <utility>

#include "clients/net/control_client.hpp"
#include "common/service_names.hpp"
#include "common/system/port_settings.hpp"

namespace portlab {

namespace {

/// FTP's outgoing connections (active mode) are sessions with a service of their own.
constexpr std::string_view forward_name = "forward";

}  // namespace

ServiceNames::ServiceNames(ServerTables tables, std::span<const SocketRow> rows, bool registry)
    : listeners_(std::move(tables.listeners)), registry_(registry), ephemeral_(ephemeral_range()) {
  std::map<std::uint64_t, std::pair<SocketEnd, SocketEnd>> accepted;
  for (const auto& session : tables.sessions)
    if (session.local.transport != Transport::local && !session.outgoing)
      accepted[session.id] = {socket_end(session.local.address, session.local.port),
                              socket_end(session.remote.address, session.remote.port)};
  for (const auto& session : tables.sessions) {
    if (session.local.transport == Transport::local) continue;
    auto server = socket_end(session.local.address, session.local.port);
    auto client = socket_end(session.remote.address, session.remote.port);
    if (session.outgoing) std::swap(server, client);
    sessions_[{session.local.transport, server, client}] = session.service;
    const auto parent = accepted.find(session.parent_id);
    if (session.outgoing && session.service == forward_name && parent != accepted.end())
      forwarded_[{session.local.transport, server, client}] = parent->second;
  }
  for (const auto& row : rows)
    if (row.is_listener()) listened_.emplace(row.transport, row.local.port);
}

ServiceLabel ServiceNames::label(const Pair& pair) const {
  const auto& server = pair.translated ? *pair.translated : pair.server;
  if (const auto* listener = listener_at(pair.transport, server))
    return {listener->service, listener->default_port, listener->moved()};
  if (const auto name = session_name(pair.transport, server, pair.client); !name.empty())
    return {std::string(name)};
  // Without a listener nothing on this machine serves the port: the registry's name would be wrong.
  if (!pair.elsewhere && !listened_.contains({pair.transport, server.port})) return {};
  return {std::string(port_name(pair.transport, server))};
}

std::string_view ServiceNames::served_name(Transport transport, const SocketEnd& end) const {
  const auto* listener = listener_at(transport, end);
  return listener == nullptr ? std::string_view() : listener->service;
}

std::string_view ServiceNames::session_name(Transport transport, const SocketEnd& one,
                                            const SocketEnd& other) const {
  for (const auto& key : {std::tuple(transport, one, other), std::tuple(transport, other, one)})
    if (const auto found = sessions_.find(key); found != sessions_.end()) return found->second;
  return {};
}

bool ServiceNames::is_served(Transport transport, const SocketEnd& server,
                             const SocketEnd& client) const {
  return sessions_.contains({transport, server, client});
}

std::optional<std::pair<SocketEnd, SocketEnd>> ServiceNames::forwarded_from(
    Transport transport, const SocketEnd& server, const SocketEnd& client) const {
  const auto found = forwarded_.find({transport, server, client});
  if (found == forwarded_.end()) return std::nullopt;
  return found->second;
}

std::string_view ServiceNames::port_name(Transport transport, const SocketEnd& end) const {
  if (const auto* listener = listener_at(transport, end)) {
    const auto registered = registered_name(listener->service);
    return registered.empty() ? std::string_view(listener->service) : registered;
  }
  const bool unnamed =
      ephemeral_ && ephemeral_->contains(end.port) && !listened_.contains({transport, end.port});
  if (!registry_ || unnamed) return {};
  return service_name(end.port, to_string(transport));
}

const ListenerRow* ServiceNames::moved_listener_at(Transport transport,
                                                   const SocketEnd& end) const {
  const auto* listener = listener_at(transport, end);
  return listener != nullptr && listener->moved() ? listener : nullptr;
}

const ListenerRow* ServiceNames::listener_at(Transport transport, const SocketEnd& end) const {
  const auto endpoint = to_endpoint(transport, end);
  for (const auto& row : listeners_)
    if (reaches(endpoint, row)) return &row;
  return nullptr;
}

}  // namespace portlab
