#pragma once
// Whether an activity is done, and whether a condition of its check holds. No side effects.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "clients/net/sock_diag.hpp"
#include "labs/network/office/port_forwards.hpp"
#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// A command that has ended, or several: their output together, the exit status of the last one.
struct CommandResult {
  std::string command;
  int status = 0;
  std::string output;  ///< in a Snapshot as plain_text()
};

/// What checks look at.
struct Snapshot {
  /// The kernel's socket tables, by host; that of a lab without an office has the name "".
  std::map<std::string, SocketTable> tables;
  /// The rules of the office's router, where a condition is about them; nothing: unknown.
  std::optional<office::RouterPorts> router;
  std::optional<CommandResult> last;  ///< the commands of this activity; nothing: none has been run
};

bool holds(const Condition& condition, const Snapshot& snapshot);

/// Whether an exit status is that of a program that Ctrl-C has ended (128 + SIGINT).
bool is_interrupted(int status);

/// Why an activity is not done.
struct CheckFailure {
  std::string expected;
  std::string observed;
  std::string next{};     ///< what to do; empty: the file does not say it
  bool is_final = false;  ///< it stays as it is until another command has been run
};

enum class CheckMode {
  interactive,  ///< the output is compared only where there are no conditions; texts for a student
  unattended,   ///< conditions and output; texts for the author of the lab, with patterns
};

/// Whether this command starts something in the background, by "&".
bool starts_job(const std::string& command);

/// Checks conditions, output and captures, in this order. The first failure; nothing: it is done. A
/// student may end a client by Ctrl-C: `exit 0` holds then, too, where the check wants an output.
std::optional<CheckFailure> check_activity(const Activity& activity, const Snapshot& snapshot,
                                           CheckMode mode);

}  // namespace portlab::labs
