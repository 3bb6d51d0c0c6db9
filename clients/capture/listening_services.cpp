#include "clients/capture/listening_services.hpp"

#include <algorithm>
#include <utility>

#include "clients/net/control_client.hpp"
#include "clients/net/host_info.hpp"
#include "clients/net/sock_diag.hpp"
#include "common/control_path.hpp"
#include "common/control_protocol.hpp"

namespace portlab {

ListeningServices::ListeningServices(std::string control) : control_(std::move(control)) {
  if (control_.empty()) control_ = find_control_path();
  look();
}

void ListeningServices::look() {
  looked_ = std::chrono::steady_clock::now();
  own_addresses_.clear();
  for (const auto& each : own_addresses()) own_addresses_.push_back(each.address);
  sockets_ = read_socket_table().rows;
  std::erase_if(sockets_, [](const SocketRow& row) { return !row.is_listener(); });
  portlabd_.clear();
  try {
    auto answer = ask_server(control_, {ControlCommand::listeners, {}}, std::chrono::seconds(2));
    if (is_in_our_network(control_, answer.server_pid))
      portlabd_ = std::move(answer.reply.listeners);
  } catch (const CommandError&) {  // there is none
  }
}

std::string ListeningServices::find(const Endpoint& endpoint) const {
  for (const auto& row : portlabd_)
    if (reaches(endpoint, row)) return row.service;
  const auto end = socket_end(endpoint.address, endpoint.port);
  const bool listens = std::ranges::any_of(sockets_, [&](const SocketRow& row) {
    return row.transport == endpoint.transport && row.local.port == endpoint.port &&
           row.accepts(end);
  });
  return listens ? "?" : "";
}

std::string ListeningServices::at(const Endpoint& endpoint) {
  constexpr std::chrono::seconds between_looks{1};
  const bool can_look = std::chrono::steady_clock::now() - looked_ >= between_looks;
  const bool own = endpoint.address.is_loopback() ||
                   std::ranges::find(own_addresses_, endpoint.address) != own_addresses_.end();
  if (!own) return {};
  auto service = find(endpoint);
  if (service.empty() && can_look) {
    look();
    service = find(endpoint);
  }
  return service;
}

}  // namespace portlab
