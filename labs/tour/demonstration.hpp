#pragma once
// The output of a tour: sentences, commands with their real output, and checks.

#include <cstdint>
#include <functional>
#include <optional>
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

/// A command of a tour, as it is typed, and as it is run.
struct ShownCommand {
  std::string text;                    ///< with its prompt: "pc1$ portlab http …"
  std::vector<std::string> arguments;  ///< of portlab
};

/// The words as they are typed at a shell's prompt: those with special characters in quotes.
std::string shell_text(const std::vector<std::string>& words);

/// The first port in the output that follows this address and ":".
std::optional<std::uint16_t> first_port_of(std::string_view address, const std::string& output);

/// Whether a command has printed what it shows.
using IsReady = std::function<bool(const std::string& output)>;

/// Thrown where the student ends the tour.
struct TourEnded {};

class Demonstration {
 public:
  /// `quiet`: everything is run and checked, and nothing is shown. `verbose`: see is_verbose().
  Demonstration(bool quiet, bool verbose);

  /// Shows a headline, and the sentence that explains what follows.
  void begin(std::string_view title, std::string_view sentence);
  void say(std::string_view sentence);
  /// Runs "portlab ARGUMENTS" and shows the command and its output.
  CommandOutput run(const std::vector<std::string>& arguments);
  CommandOutput run(const ShownCommand& command);
  /// The same for a command that does not end by itself: its output is shown once `is_ready` is
  /// true of it, or it has ended (or after 30 s). The process ends with the returned object.
  Process start(const std::vector<std::string>& arguments, const IsReady& is_ready);
  Process start(const ShownCommand& command, const IsReady& is_ready);
  /// Counts and shows a check: what must be true for the tour to succeed.
  void check(bool passed, const std::string& what);
  /// Waits for Enter; does not wait where stdin or stdout is no terminal. Throws TourEnded at "quit".
  void pause(std::string_view next);

  /// Whether commands are run with --verbose.
  bool is_verbose() const { return verbose_; }
  int checks() const { return checks_; }
  /// The checks that did not pass.
  const std::vector<std::string>& failed() const { return failed_; }

 private:
  void show(std::string_view text) const;
  void show_output(const std::string& output) const;

  const bool quiet_;
  const bool verbose_;
  const TextStyle style_;
  int checks_ = 0;
  std::vector<std::string> failed_;
};

}  // namespace portlab
