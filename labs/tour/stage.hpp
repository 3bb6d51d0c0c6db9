#pragma once
// The stage: a sentence before, the real output after, and a record of what was true.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/terminal.hpp"
#include "labs/network/process.hpp"

namespace portlab {

/// What a command printed and how it ended.
struct Outcome {
  int status = 0;
  std::string output;
};

class Stage {
 public:
  /// `quiet`: nothing is shown, everything is checked all the same.
  explicit Stage(bool quiet);

  void begin(std::string_view title, std::string_view sentence);
  void say(std::string_view sentence);
  /// Runs "portlab ARGUMENTS" and shows it as if typed, with all that it prints.
  Outcome run(const std::vector<std::string>& arguments);
  /// The same for a command that goes on: shown once `is_there` is true.
  Process run_beside(const std::vector<std::string>& arguments,
                     const std::function<bool(const std::string& output)>& is_there);
  /// What must be true for the tour to succeed.
  void check(bool is_true, const std::string& what);
  /// Enter on a terminal; nothing without one.
  void pause(std::string_view next);

  bool all_true() const { return failed_.empty(); }
  int checks() const { return checks_; }
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
