#pragma once
// A question's choices, as they are typed and shown. Pure.

#include <string>

#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// Whether this is one of the choices ("b", "B)", "b) It is refused."); true without choices.
bool is_one_of_the_choices(const Question& question, const std::string& answer);
/// "a, b, c".
std::string letters_of(const Question& question);
/// "b) It is refused." for "b"; without choices the answer as it is.
std::string spelled(const Question& question, const std::string& answer);

}  // namespace portlab::labs
