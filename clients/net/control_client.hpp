#pragma once
// Asks a running portlabd over its control socket.

#include <chrono>
#include <cstdint>
#include <string>

#include "common/control_protocol.hpp"

namespace portlab {

/// What a server answered.
struct ControlAnswer {
  ControlReply reply;
  std::string line;             ///< the same as it came, one JSON object
  std::int64_t server_pid = 0;  ///< as the kernel knows it; 0: it runs in another pid namespace
};

/// One question, one answer; each wait takes at most `timeout`. Throws a CommandError: exit status 3
/// where no portlabd answers, 1 where it answers with an error. After `stop` it also waits until
/// the server has hung up.
ControlAnswer ask_server(const std::string& path, const ControlRequest& request,
                         std::chrono::milliseconds timeout = std::chrono::seconds(5));

}  // namespace portlab
