#pragma once
// The choices of a question, and the order in which a student sees them.

#include <optional>
#include <string>

#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// "- a) The client is refused."
std::optional<Choice> parse_choice(const std::string& line);

/// Puts the choices of each question into an order that depends on the student's name alone ("" is a
/// name, too). Letters stay in alphabetical order: texts, answers and reasons change theirs. A choice
/// that is about the others ("none of these", "both") stays at the end.
void shuffle_choices(Lab& lab, const std::string& student);

}  // namespace portlab::labs
