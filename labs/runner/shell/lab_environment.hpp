#pragma once
// Where a lab runs: its network, a shell in it, the results of the last commands, captured values.

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "labs/network/lab_network.hpp"
#include "labs/runner/check/check_activity.hpp"
#include "labs/runner/model/captured_values.hpp"
#include "labs/runner/model/lab.hpp"
#include "labs/runner/shell/lab_shell.hpp"

namespace portlab::labs {

/// Shows bytes of the terminal, or ignores them.
using ShowOutput = std::function<void(std::string_view)>;

class LabEnvironment {
 public:
  /// Starts a shell in this folder. The network must outlive this object. `unicode`: the terminal
  /// shows UTF-8. Throws a CommandError.
  LabEnvironment(LabNetwork& network, const std::string& folder, bool unicode);

  LabNetwork& network() const { return network_; }
  Shell& shell() { return shell_; }
  CapturedValues& captured_values() { return captured_values_; }

  /// Forgets all results. From now on those of the last `commands` commands count.
  void begin_activity(std::size_t commands);
  void add_result(CommandResult result);
  /// Adds to the last result: background jobs print after a command has ended.
  void append_output(std::string_view output);
  /// The socket table and the results now. Where the network is not private, without the sessions
  /// of other programs.
  Snapshot snapshot() const;

  /// Called five times a second while a command is waited for; it may throw.
  void set_wait_callback(std::function<void()> callback) { wait_callback_ = std::move(callback); }
  /// Types a command at the prompt and waits until it has ended. Throws a CommandError after 40 s.
  void run_command(const std::string& command, const ShowOutput& show);
  /// Types all commands of an activity; then waits until its check succeeds, at most 5 s, and
  /// captures values. Returns why the check fails.
  std::optional<CheckFailure> run_activity(const Activity& activity, CheckMode mode,
                                           const ShowOutput& show);

 private:
  void wait_for_events(std::chrono::milliseconds limit,
                       const std::function<bool(const ShellEvent&)>& stop_at);

  LabNetwork& network_;
  std::vector<SocketRow> sessions_before_;  ///< of other programs, where the network is not private
  Shell shell_;
  CapturedValues captured_values_;
  std::function<void()> wait_callback_ = [] {};
  std::size_t results_max_ = 1;
  std::deque<CommandResult> results_;
};

}  // namespace portlab::labs
