#pragma once
// Which processes have sockets open, as /proc/PID/fd shows it: proc(5).

#include <span>
#include <string>
#include <vector>

#include "clients/net/socket_row.hpp"

namespace portlab {

/// The process of each socket, in their order: "python3 (pid 4711)"; empty where no process has it, or
/// where /proc hides it from this user. /proc is read once for all of them.
std::vector<std::string> processes_with(std::span<const SocketRow> sockets);

}  // namespace portlab
