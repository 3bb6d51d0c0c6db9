#pragma once
// The portlabd that this user runs: what the clients must know of it to say why they were refused.

#include <cstdint>
#include <string>
#include <vector>

#include "common/control_protocol.hpp"

namespace portlab {

/// What a portlabd told about itself.
struct LocalServer {
  std::vector<ListenerRow> listeners;
  bool here = true;  ///< its network is the one that this process is in
};

/// The portlabd at control_path_to_visit(); null where none answers within half a second. Asked
/// once: what is told need not be true for ever, but for one command.
const LocalServer* local_server();

/// The neighbour's listener that a call to this endpoint meets; null where it has none in this
/// network.
const ListenerRow* local_server_listener(const Endpoint& at);

/// "127.0.0.1:8080, where your portlabd has http": where the service that is expected at this
/// endpoint is found instead; or "portlab enter (…)". Empty where the neighbour has nothing to do
/// with it. For the line of an error that says what to try.
std::string local_server_advice(const Endpoint& refused);

/// "portlab enter (…)", for whoever looks for a server that is in another network.
std::string enter_advice();

/// Whether the server behind a control socket (its process, 0 if unknown) is in our network.
bool is_in_our_network(const std::string& control_path, std::int64_t server_pid);

}  // namespace portlab
