#include "clients/why/here.hpp"

#include <span>
#include <utility>

#include "clients/netstat/sock_diag.hpp"
#include "clients/why/facts.hpp"

namespace portlab {

namespace {

/// What is looked at for an error, in the order in which it is told.
std::vector<Look*> looks_for(Mishap mishap) {
  switch (mishap) {
    case Mishap::refused:
      return {resolved_name,     whose_address, listens_there, listens_beside, nearest_listeners,
              service_elsewhere, all_listeners, may_listen,    way_there,      this_network};
    case Mishap::timeout:
      return {resolved_name,     whose_address,  way_there,     listens_there, queue_of_listener,
              service_elsewhere, sessions_there, all_listeners, patience,      this_network};
    case Mishap::unreachable:
      return {resolved_name, whose_address, way_there, this_network, ipv6_here};
    case Mishap::reset:
    case Mishap::closed:
    case Mishap::turned_away:
      return {resolved_name,  whose_address, listens_there, queue_of_listener,
              sessions_there, time_wait,     all_listeners};
    case Mishap::wrong_service:
      return {resolved_name, whose_address,     listens_there,
              registered,    service_elsewhere, all_listeners};
    case Mishap::name:
      return {resolved_name, name_servers};
    case Mishap::in_use:
      return {whose_address, listens_there, listens_beside, time_wait,
              may_listen,    client_ports,  low_ports,      all_listeners};
    case Mishap::denied:
      return {whose_address, may_listen, low_ports, this_network, socket_file};
    case Mishap::not_available:
      return {whose_address, this_network, client_ports};
    case Mishap::taken:
      return {resolved_name, sessions_there, time_wait, client_ports, all_listeners};
    case Mishap::no_family:
      return {whose_address, ipv6_here};
    case Mishap::descriptors:
      return {descriptors, sessions_there};
    case Mishap::too_long:
      return {whose_address, way_there};
    case Mishap::no_socket:
      return {socket_file, control_socket};
  }
  return {};
}

}  // namespace

const Endpoint* Scene::address() const {
  if (!place || !place->endpoint || place->endpoint->transport == Transport::local) return nullptr;
  return &*place->endpoint;
}

const Endpoint* Scene::port() const {
  return address() != nullptr && address()->port != 0 ? address() : nullptr;
}

Scene look_around(Mishap mishap, std::optional<Place> place) {
  Scene scene{mishap, std::move(place), {}, {}};
  auto sockets = read_sockets();
  if (sockets)
    scene.sockets = std::move(*sockets);
  else
    scene.no_sockets = sockets.error().text;
  return scene;
}

std::vector<Fact> facts_of(const Scene& scene) {
  std::vector<Fact> facts;
  auto looks = looks_for(scene.mishap);
  const bool local =
      scene.place && scene.place->endpoint && scene.place->endpoint->transport == Transport::local;
  if (local) looks = {socket_file, control_socket};
  for (auto* const look : looks)
    if (auto fact = look(scene)) facts.push_back(std::move(*fact));
  if (!scene.no_sockets.empty()) facts.push_back({"sockets", scene.no_sockets, {}});
  return facts;
}

}  // namespace portlab
