#pragma once
// The control socket: a service like the others, on a Unix socket, that `portlab server` talks to.
// Its protocol is in common/control_protocol.hpp.

#include <cstdint>
#include <functional>
#include <string>

#include "common/control_protocol.hpp"
#include "common/system/privileges.hpp"
#include "servers/listener/core.hpp"

namespace portlab {

/// The name of the control socket in the list of listeners.
inline constexpr std::string_view control_service_name = "control";

/// Answers requests of the user `owner` and of root, and refuses all others. `core` must outlive
/// the service. `status` returns the facts about the process, and `urls` where clients find the
/// services; `authority` the certificate of the server's own authority, or nothing. They are called
/// on every worker's thread.
Service make_control_service(Core& core, std::uint32_t owner, std::function<ServerStatus()> status,
                             std::function<ServerUrls()> urls,
                             std::function<std::string()> authority);

/// Makes the socket's folder where it is missing, opens the control socket at `path`, and makes
/// `owner` the owner of its file.
Result<void> listen_for_control(Core& core, const std::string& path, const User& owner, Log& log);

}  // namespace portlab
