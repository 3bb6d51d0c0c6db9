#include "clients/netstat/endpoint_names.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/service_names.hpp"
#include "common/system/port_settings.hpp"

namespace portlab {

namespace {

constexpr std::size_t ports = 65536;

bool is_at(const ListenerRow& listener, Transport transport, const SocketEnd& server) {
  const auto& where = listener.endpoint;
  if (where.transport != transport || where.port != server.port) return false;
  const auto end = socket_end(where.address, where.port);
  return end == server || (end.is_any() && end.is_ipv4() == server.is_ipv4());
}

}  // namespace

ServiceNames::ServiceNames(ServerTables tables, std::span<const SocketRow> rows)
    : listeners_(std::move(tables.listeners)),
      listened_tcp_(ports),
      listened_udp_(ports),
      ephemeral_(ephemeral_range()) {
  for (const auto& session : tables.sessions) {
    if (session.local.transport == Transport::local) continue;
    sessions_[{session.local.transport, socket_end(session.local.address, session.local.port),
               socket_end(session.remote.address, session.remote.port)}] = session.service;
  }
  for (const auto& row : rows)
    if (row.is_listener())
      (row.transport == Transport::tcp ? listened_tcp_ : listened_udp_)[row.local.port] = true;
}

ServiceLabel ServiceNames::label(const Pair& pair) const {
  if (const auto* listener = listener_at(pair.transport, pair.server))
    return {listener->service, listener->default_port, listener->moved()};
  if (!sessions_.empty()) {
    // In active FTP the server opened the data connection: here, its end is the client.
    for (const auto& [one, other] :
         {std::pair(pair.server, pair.client), std::pair(pair.client, pair.server)})
      if (const auto found = sessions_.find({pair.transport, one, other}); found != sessions_.end())
        return {found->second, 0, false};
  }
  return {std::string(port_name(pair.transport, pair.server)), 0, false, true};
}

bool ServiceNames::is_served(Transport transport, const SocketEnd& server,
                             const SocketEnd& client) const {
  return sessions_.contains({transport, server, client});
}

std::string_view ServiceNames::port_name(Transport transport, const SocketEnd& end) const {
  if (const auto* listener = listener_at(transport, end)) return listener->service;
  const auto& listened = transport == Transport::tcp ? listened_tcp_ : listened_udp_;
  if (ephemeral_ && ephemeral_->contains(end.port) && !listened[end.port]) return {};
  return service_name(end.port, to_string(transport));
}

const ListenerRow* ServiceNames::listener_at(Transport transport, const SocketEnd& end) const {
  const auto found = std::find_if(listeners_.begin(), listeners_.end(),
                                  [&](const auto& row) { return is_at(row, transport, end); });
  return found == listeners_.end() ? nullptr : &*found;
}

bool has_unexplained_session(std::span<const SocketRow> rows,
                             std::span<const ListenerRow> listeners) {
  return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
    return row.transport == Transport::tcp && !row.is_listener() &&
           row.state != TcpState::time_wait && row.remote.is_loopback() &&
           std::none_of(listeners.begin(), listeners.end(), [&](const auto& listener) {
             return is_at(listener, row.transport, row.local) ||
                    is_at(listener, row.transport, row.remote);
           });
  });
}

}  // namespace portlab
