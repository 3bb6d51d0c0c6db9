#pragma once
// The portlabd that this user runs, found by its control socket.

#include <cstdint>
#include <string>
#include <vector>

#include "common/control_protocol.hpp"

namespace portlab {

/// What a portlabd reports about itself.
struct LocalServer {
  std::vector<ListenerRow> listeners;
  bool here = true;  ///< whether it is in the network namespace of this process
};

/// The portlabd at find_control_path(); null when none answers within half a second. Connects
/// once for the whole command and keeps the result.
const LocalServer* local_server();

/// The listener of local_server() that a packet to this endpoint reaches; null when there is none,
/// or when the server is in another network.
const ListenerRow* local_server_listener(const Endpoint& at);

/// Whether the server of a control socket (its process id, 0 if unknown) is in the network
/// namespace of this process.
bool is_in_our_network(const std::string& control_path, std::int64_t server_pid);

}  // namespace portlab
