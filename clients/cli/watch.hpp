#pragma once
// A table that is shown repeatedly: in place on a terminal, one below the other elsewhere.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "clients/cli/options.hpp"
#include "common/text_table.hpp"

namespace portlab {

struct WatchOptions {
  std::chrono::milliseconds interval{1000};
  std::uint64_t count = 0;  ///< end after so many tables; 0: at Ctrl-C
  bool documents = false;   ///< print only the texts of draw(), for programs
  bool marks = false;       ///< the table marks its changes: the heading explains the signs
};

/// The options --watch[=SECONDS] and --count N of a command.
class WatchArguments {
 public:
  void add_to(CommandLine& line);
  /// Their values; nothing without --watch. Throws for wrong ones.
  std::optional<WatchOptions> parse(const CommandLine& line) const;

  /// The arguments, with an =1 after a --watch whose next argument is no number, but an operand.
  static Arguments complete(Arguments arguments);

 private:
  std::string interval_, count_;
};

struct Watched {
  std::function<void()> refresh;                      ///< reads the data
  std::function<std::string(const TableRoom&)> draw;  ///< the data as text
};

/// Runs until the count is reached or a signal ends it, and restores the terminal.
void watch(const WatchOptions& options, const Watched& watched);

/// The lines of the terminal of stdout; 24 without a terminal.
unsigned lines_of_stdout();

/// The space for a table on stdout: the width of the terminal; in a pipe 100 columns.
TableRoom room_on_stdout();

}  // namespace portlab
