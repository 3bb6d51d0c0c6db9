#pragma once
// Whether commands printed what the lab's file shows. No side effects.

#include <optional>
#include <string>
#include <string_view>

namespace portlab::labs {

/// The first line that differs.
struct Difference {
  std::string expected;
  std::string actual;
};

/// Compares line by line. The number of blanks does not matter. What may differ from run to run: a
/// line "…" stands for any lines, "…" in a line for any text; a number from 32768 to 65535 for any
/// number of four or five digits (an ephemeral port); a number before "s" or "ms", and "0m3.012s",
/// for any duration; "counter packets 3 bytes 180" for any counter of nft(8). Nothing: there is no
/// difference.
std::optional<Difference> compare_output(std::string_view expected, std::string_view actual);

/// A terminal's output as plain text: without escape sequences, and without what a carriage return
/// or a backspace overwrites.
std::string plain_text(std::string_view terminal_output);

}  // namespace portlab::labs
