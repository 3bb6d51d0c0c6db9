#pragma once
// A running portlabd: requests over its control socket, and the one that this user runs.

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "common/control_path.hpp"
#include "common/control_protocol.hpp"

namespace portlab {

/// The answer of a server.
struct ControlAnswer {
  ControlReply reply;
  std::string line;             ///< the answer as received, one JSON object
  std::int64_t server_pid = 0;  ///< from the kernel; 0: it is in another pid namespace
};

/// The error in an answer: exit status 1.
class ControlRefusal : public CommandError {
 public:
  explicit ControlRefusal(ControlError error)
      : CommandError(Exit::failed, error.text), error_(std::move(error)) {}
  const ControlError& error() const { return error_; }

 private:
  ControlError error_;
};

/// Sends a request and returns the answer; each operation takes at most `timeout`. Throws a
/// CommandError: exit status 3 without an answer; a ControlRefusal for an error in the answer. After `stop`, also
/// waits until the server closes the connection.
ControlAnswer ask_server(const std::string& path, const ControlRequest& request,
                         std::chrono::milliseconds timeout = std::chrono::seconds(5));

/// What a portlabd reports about itself.
struct LocalServer {
  std::vector<ListenerRow> listeners;
  bool here = true;  ///< whether it is in the network namespace of this process
};

/// The portlabd at find_control_path(); null when none answers within half a second. Connects
/// once for the whole command and keeps the result.
const LocalServer* local_server();

/// Its listeners; none when it is in another network, or none answers.
std::span<const ListenerRow> local_listeners();

/// The one of local_listeners() that a packet to this endpoint reaches; null when there is none.
const ListenerRow* local_listener_at(const Endpoint& at);

/// The one of local_listeners() that has the service whose default port this is, at another port;
/// null when there is none.
const ListenerRow* moved_listener(const Endpoint& wanted);

/// Whether a packet to this endpoint reaches the listener.
bool reaches(const Endpoint& at, const ListenerRow& listener);

/// "portlab enter (…)": how to reach a server that is in a private network.
std::string enter_advice();

/// Whether the server of a control socket (its process id, 0 if unknown) is in the network
/// namespace of this process.
bool is_in_our_network(const std::string& control_path, std::int64_t server_pid);

}  // namespace portlab
