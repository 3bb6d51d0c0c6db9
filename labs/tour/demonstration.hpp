#pragma once
// The output of the tour: sentences, commands with their real output, and checks.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/terminal.hpp"
#include "labs/network/process.hpp"

namespace portlab {

/// What a command printed, and its exit status.
struct CommandOutput {
  int status = 0;
  std::string output;
};

class Demonstration {
 public:
  /// `quiet`: everything is run and checked, and nothing is shown.
  explicit Demonstration(bool quiet);

  /// Shows a headline, and the sentence that explains what follows.
  void begin(std::string_view title, std::string_view sentence);
  void say(std::string_view sentence);
  /// Runs "portlab ARGUMENTS" and shows the command and its output.
  CommandOutput run(const std::vector<std::string>& arguments);
  /// The same for a command that does not end by itself: its output is shown once `is_ready` is
  /// true of it (or after 30 s). The process ends with the returned object.
  Process start(const std::vector<std::string>& arguments,
                const std::function<bool(const std::string& output)>& is_ready);
  /// Counts and shows a check: what must be true for the tour to succeed.
  void check(bool passed, const std::string& what);
  /// Waits for Enter; does not wait where stdin or stdout is no terminal.
  void pause(std::string_view next);

  int checks() const { return checks_; }
  /// The checks that did not pass.
  const std::vector<std::string>& failed() const { return failed_; }

 private:
  void show(std::string_view text) const;
  void show_command(const std::vector<std::string>& arguments) const;
  void show_output(const std::string& output) const;

  const bool quiet_;
  const TextStyle style_;
  int checks_ = 0;
  std::vector<std::string> failed_;
};

}  // namespace portlab
