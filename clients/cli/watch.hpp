#pragma once
// A table that is shown repeatedly: in place on a terminal, one below the other elsewhere.

#include <chrono>
#include <functional>
#include <string>

#include "common/text_table.hpp"

namespace portlab {

struct WatchOptions {
  std::chrono::milliseconds interval{1000};
  std::uint64_t count = 0;  ///< end after so many tables; 0: at Ctrl-C
  bool documents = false;   ///< print only the texts of draw(), for programs
};

struct Watched {
  std::function<void()> refresh;                      ///< reads the data
  std::function<std::string(const TableRoom&)> draw;  ///< the data as text
};

/// Runs until the count is reached or a signal ends it, and restores the terminal.
void watch(const WatchOptions& options, const Watched& watched);

/// The space for a table on stdout: the width of the terminal; in a pipe 100 columns.
TableRoom room_on_stdout();

}  // namespace portlab
