#pragma once
// Whether an activity is done, and whether an answer is right. Pure.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// Why it is not.
struct CheckFailure {
  std::string expected;
  std::string observed;
};

/// Whose word counts.
enum class Judge {
  student,  ///< who may type something else, as long as the machine is as it should be
  file,     ///< everything must be as the file says, to the output
};

/// Nothing: it is done.
std::optional<CheckFailure> check_activity(const Activity& activity, const Snapshot& now, Judge by);

/// What was read off the screen.
using Captured = std::map<std::string, std::string>;

/// Adds what the output shows. The error names the first thing that it does not.
std::optional<CheckFailure> capture(const Activity& activity, const Snapshot& now, Captured& into);
/// Adds what the file's own output shows: of an activity that can't be done here.
std::optional<CheckFailure> capture_from_file(const Activity& activity, Captured& into);

/// What --auto types, and Enter alone; in a do: with captured values, where they are numbers or
/// plain words, in the place of their names.
std::vector<std::string> to_do(const Activity& activity, const Captured& captured);

/// The right answer, with captured values in the place of their names.
std::string right_answer(const Question& question, const Captured& captured);
/// Whether somebody's words are that answer: in any case, numbers with or without separators.
bool is_right(const Question& question, const std::string& answer, const Captured& captured);

}  // namespace portlab::labs
