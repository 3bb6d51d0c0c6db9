#pragma once
// Sends a request to a running portlabd over its control socket.

#include <chrono>
#include <cstdint>
#include <string>

#include "common/control_protocol.hpp"

namespace portlab {

/// The answer of a server.
struct ControlAnswer {
  ControlReply reply;
  std::string line;             ///< the answer as received, one JSON object
  std::int64_t server_pid = 0;  ///< from the kernel; 0: it is in another pid namespace
};

/// Sends a request and returns the answer; each operation takes at most `timeout`. Throws a
/// CommandError: exit status 3 without an answer, 1 for an error in the answer. After `stop`, also
/// waits until the server closes the connection.
ControlAnswer ask_server(const std::string& path, const ControlRequest& request,
                         std::chrono::milliseconds timeout = std::chrono::seconds(5));

}  // namespace portlab
