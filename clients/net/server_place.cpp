#include "clients/net/server_place.hpp"

#include <unistd.h>

#include <algorithm>

#include "clients/net/host_info.hpp"
#include "common/control_path.hpp"
#include "common/system/private_network.hpp"

namespace portlab {

std::vector<ServerPlace> server_places() {
  if (private_network_possible()) return {{.is_private = true}};
  std::vector<ServerPlace> places;
  for (const auto shift : server_shifts) places.push_back({.shift = shift});
  return places;
}

std::optional<ServerPlace> find_server_place() {
  const auto places = server_places();
  const auto found = std::find_if(places.begin(), places.end(), [](const ServerPlace& place) {
    return place.is_private || room_for_services(place.shift).complete();
  });
  return found == places.end() ? std::nullopt : std::optional(*found);
}

std::string to_string(const ServerPlace& place) {
  if (place.is_private) return "in a private network (portlabd --private)";
  if (place.shift == 0) return "on the real ports (portlabd)";
  return "on moved ports (portlabd --shift " + std::to_string(place.shift) + ")";
}

std::string control_path_for(const std::string& name) {
  return default_control_path() + "-" + name + "-" + std::to_string(::getpid());
}

}  // namespace portlab
