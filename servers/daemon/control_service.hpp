#pragma once
// The server's side of the control socket (the protocol is in common/control.hpp): a service like
// the others, on a Unix socket, that may change what the core does.

#include <cstdint>
#include <functional>
#include <string>

#include "common/control_protocol.hpp"
#include "servers/listener/core.hpp"

namespace portlab {

/// The name under which the control socket stands in the list of listeners.
inline constexpr std::string_view control_service_name = "control";

/// Answers the control protocol for its owner (a user id; and root) alone. `core` must outlive the
/// service; `status` tells what the core does not know about the process.
Service make_control_service(Core& core, std::uint32_t owner, std::function<ServerStatus()> status);

}  // namespace portlab
