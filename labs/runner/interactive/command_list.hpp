#pragma once
// The commands of an activity: which of them comes next, and how they are shown.

#include <cstddef>
#include <string>
#include <vector>

namespace portlab::labs {

/// Whether this command only looks: netstat, portlab why, ls, man … It cannot be meant as the
/// command of an activity whose commands are `expected`, unless one of these is the same program.
bool only_looks(const std::string& command, const std::vector<std::string>& expected);

/// The command after a label; where it does not fit in this line, below it, from the first column on,
/// so that it can be copied.
std::string labelled_command(const std::string& label, const std::string& command);

/// Whether the programs of this command are the first ones, but not all, of the other command.
bool begins(const std::string& command, const std::string& other);

class CommandList {
 public:
  explicit CommandList(std::vector<std::string> commands) : commands_(std::move(commands)) {}

  bool empty() const { return commands_.empty(); }
  const std::vector<std::string>& all() const { return commands_; }
  /// The next one; after the last one the first again. Empty: there is none.
  std::string next() const;
  /// How many of them have been run since the beginning, or since the last one was.
  std::size_t done() const { return done_; }

  /// To be called before the next one is typed for the student.
  void take() { taken_ = true; }
  /// The one that was typed has not been run.
  void give_back() { taken_ = false; }
  /// To be called when a command has ended: which one comes next now. One that succeeded may have
  /// other options than the next one of the list ("./daytime > log &" for "./daytime &").
  void on_end(const std::string& command, int status = 0);

  /// The commands in lines of a terminal, the next one marked. Without a margin where one has several
  /// lines, so that it can be copied.
  std::string to_string() const;
  /// "next (2 of 3)  kill %1; wait"; one of several lines below it, to be copied. Empty before the
  /// first one and after the last one.
  std::string reminder() const;
  /// Whether one of them is a here-document, or goes over several lines otherwise.
  bool has_long_one() const;

 private:
  const std::vector<std::string> commands_;
  std::size_t done_ = 0;
  bool taken_ = false;
};

}  // namespace portlab::labs
