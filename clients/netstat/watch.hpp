#pragma once
// A table that is shown again and again: in place on a terminal, one below the other elsewhere.

#include <chrono>
#include <functional>
#include <string>

#include "common/text_table.hpp"

namespace portlab {

struct WatchOptions {
  std::chrono::milliseconds interval{1000};
  std::uint64_t count = 0;  ///< end after so many tables; 0: when the user says so (Ctrl-C)
  bool documents = false;   ///< for programs: what is drawn and nothing else, terminal or not
};

struct Watched {
  std::function<void()> refresh;                      ///< look again
  std::function<std::string(const TableRoom&)> draw;  ///< what was seen, as text
};

/// Runs until the count is reached or the user ends it, and leaves the terminal as it was.
void watch(const WatchOptions& options, const Watched& watched);

/// The room for a table on stdout: as wide as its terminal; in a pipe a bit more than 80 columns.
TableRoom room_on_stdout();

}  // namespace portlab
