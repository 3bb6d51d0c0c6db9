#pragma once
// Where the labs and the tour start their portlabd on this machine. portlab doctor reports the same.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace portlab {

/// How far well-known ports are moved up, in the order in which it is tried.
constexpr std::array<std::uint16_t, 4> server_shifts{0, 8000, 18000, 28000};

struct ServerPlace {
  bool is_private = false;  ///< in a new private network; else in this process's own network
  std::uint16_t shift = 0;  ///< one of server_shifts
};

/// The places in the order in which they are tried: a new private network, in which each port is
/// free; where this machine allows none, the own network with each of server_shifts.
std::vector<ServerPlace> server_places();

/// The first of them where all services find their ports free; nothing where there is none.
std::optional<ServerPlace> find_server_place();

/// The place, and the command for it: "on the real ports (portlabd)".
std::string to_string(const ServerPlace& place);

/// The control socket of such a portlabd: beside the default one, which another portlabd of this
/// user may have. `name` is a part of its name, as is the id of this process.
std::string control_path_for(const std::string& name);

}  // namespace portlab
