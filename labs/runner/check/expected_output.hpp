#pragma once
// Whether a command printed what the lab's file shows. Pure.
//
// Equal up to spaces, and up to what differs from run to run: a line "…" stands for any lines, "…"
// in a line for anything there; a number from 32768 on for any port that a client may have; a
// number before "s" or "ms", and "0m3.012s", for any duration.

#include <optional>
#include <string>
#include <string_view>

namespace portlab::labs {

/// The first line that differs.
struct Difference {
  std::string expected;
  std::string actual;
};

/// Nothing: it is what was expected.
std::optional<Difference> compare_output(std::string_view expected, std::string_view actual);

/// Terminal output as plain text: without escape sequences, carriage returns and what they cover.
std::string plain_text(std::string_view terminal_output);

}  // namespace portlab::labs
