#pragma once
// Where a lab is done: its network with its servers, a shell in it, and what the last commands did.

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "labs/network/tour_lab.hpp"
#include "labs/runner/check/check_activity.hpp"
#include "labs/runner/model/lab.hpp"
#include "labs/runner/shell/lab_shell.hpp"

namespace portlab::labs {

/// The runner's own words at the shell's prompt.
const std::vector<std::string_view>& own_words();

class LabEnvironment {
 public:
  /// A shell in that network, which must outlive it, and in that folder; `unicode`: who looks at it
  /// sees UTF-8. Throws a CommandError.
  LabEnvironment(TourLab& network, const std::string& folder, bool unicode);

  TourLab& network() { return network_; }
  Shell& shell() { return shell_; }

  /// The next activity begins: what its last `commands` commands did is what counts.
  void begin(std::size_t commands);
  /// A command has ended, or printed more since.
  void remember(CommandResult result);
  void remember_more(std::string_view output);
  /// What is called again and again while a command is waited for; it may throw.
  void look_while_waiting(std::function<void()> look) { look_ = std::move(look); }
  /// The machine now.
  Snapshot snapshot() const;

  /// Types one command where the prompt waits, and returns what it did; `show` gets the terminal's
  /// bytes. Throws a CommandError when it does not end within `limit`.
  CommandResult perform(const std::string& command, std::chrono::seconds limit,
                        const std::function<void(std::string_view)>& show);
  /// Does all of an activity, and waits until it is done as `by` judges, a few seconds at most.
  /// What is missing.
  std::optional<CheckFailure> perform(const Activity& activity, Judge by,
                                      const std::function<void(std::string_view)>& show);

  Captured captured;

 private:
  /// What happens within this time, or until `enough`.
  void listen(std::chrono::milliseconds limit,
              const std::function<bool(const ShellEvent&)>& enough);

  TourLab& network_;
  /// Sessions that were here before: of other programs, and of an earlier lab, in TIME_WAIT.
  std::vector<SocketRow> earlier_;
  Shell shell_;
  std::function<void()> look_ = [] {};
  std::size_t counting_ = 1;
  std::deque<CommandResult> results_;
};

}  // namespace portlab::labs
