#pragma once
// Whether a condition of a check holds at one moment. No side effects.

#include <optional>
#include <string>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "labs/runner/model/condition.hpp"

namespace portlab::labs {

/// A command that has ended, or several: their output together, the exit status of the last one.
struct CommandResult {
  std::string command;
  int status = 0;
  std::string output;  ///< in a Snapshot as plain_text()
};

/// What checks look at.
struct Snapshot {
  std::vector<SocketRow> sockets;     ///< the kernel's socket table
  std::optional<CommandResult> last;  ///< the commands of this activity; nothing: none has been run
};

bool holds(const Condition& condition, const Snapshot& snapshot);

/// What there is instead, for a condition that does not hold: "none; listeners on tcp: 21 53 80".
std::string observed(const Condition& condition, const Snapshot& snapshot);

}  // namespace portlab::labs
