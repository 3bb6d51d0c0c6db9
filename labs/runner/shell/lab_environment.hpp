#pragma once
// Where a lab runs: its place, a shell there (in an office one on each host), the results of the last
// commands, captured values.

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "labs/runner/check/check_activity.hpp"
#include "labs/runner/model/captured_values.hpp"
#include "labs/runner/model/lab.hpp"
#include "labs/runner/shell/lab_place.hpp"
#include "labs/runner/shell/lab_shell.hpp"

namespace portlab::labs {

/// Shows bytes of the terminal, or ignores them.
using ShowOutput = std::function<void(std::string_view)>;

class LabEnvironment {
 public:
  /// Starts a shell in this folder. The place must outlive this object. `unicode`: the terminal
  /// shows UTF-8. Throws a CommandError.
  LabEnvironment(LabPlace& place, std::string folder, bool unicode);

  LabPlace& place() const { return place_; }
  /// The shell of the host where the lab is.
  Shell& shell() { return *shells_.at(host_); }
  /// The host where the lab is; empty: it is not in an office.
  const std::string& host() const { return host_; }
  /// The lab goes to this host of its office; a shell that is there already goes on. Does nothing
  /// where there is no office. The shell that is left must wait for Shell::show_prompt(). Throws a
  /// CommandError.
  void go_to(const std::string& host);
  CapturedValues& captured_values() { return captured_values_; }
  const CapturedValues& captured_values() const { return captured_values_; }

  /// Forgets all results. From now on those of the last `commands` commands count; where success is a
  /// condition, not those of earlier commands that failed. Where a condition is about the
  /// router's rules, snapshot() has them.
  void begin_activity(const Activity& activity, std::size_t commands);
  void add_result(CommandResult result);
  /// Adds to the last result: background jobs print after a command has ended.
  void append_output(std::string_view output);
  /// The socket table and the results now. Where the network is not private, without the sessions
  /// of other programs.
  Snapshot snapshot() const;

  /// Called five times a second while a command is waited for; it may throw.
  void set_wait_callback(std::function<void()> callback) { wait_callback_ = std::move(callback); }
  /// Types a command at the prompt on the host that it names, or else on `host`, and waits until it
  /// has ended. Throws a CommandError after 40 s.
  void run_command(const std::string& host, const std::string& line, const ShowOutput& show);
  /// Types all commands of an activity; then waits until its check succeeds, and captures values:
  /// at most 5 s, or 20 s where something may still come, such as a socket. Where this machine does
  /// not allow the activity, it only captures values, from the output in the file. Returns why the
  /// check fails.
  std::optional<CheckFailure> run_activity(const Activity& activity, CheckMode mode,
                                           const ShowOutput& show);

  /// Waits until the check of this activity succeeds, at most this time. Returns why it fails.
  std::optional<CheckFailure> wait_for_check(const Activity& activity, CheckMode mode,
                                             std::chrono::milliseconds limit,
                                             const ShowOutput& show);

 private:
  void read_router() const;
  void wait_for_events(std::chrono::milliseconds limit,
                       const std::function<bool(const ShellEvent&)>& stop_at);

  void start_shell(const std::string& host);

  LabPlace& place_;
  const std::string folder_;
  const std::string locale_;
  std::vector<SocketRow> sessions_before_;  ///< of other programs, where the network is not private
  std::map<std::string, std::unique_ptr<Shell>> shells_;  ///< by host
  std::string host_;
  CapturedValues captured_values_;
  std::function<void()> wait_callback_ = [] {};
  std::size_t results_max_ = 1;
  bool wants_success_ = false;
  std::deque<CommandResult> results_;
  bool needs_router_ = false;
  /// nft(8) is a process of its own: while no command ends, its answer counts for a second.
  mutable std::optional<office::RouterPorts> router_;
  mutable std::chrono::steady_clock::time_point router_read_;
};

}  // namespace portlab::labs
