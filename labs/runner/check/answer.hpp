#pragma once
// Answers to questions: how they are compared, and how they are shown. No side effects.

#include <string>

#include "labs/runner/model/captured_values.hpp"
#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// The right answer of the file, with captured values in place of their names; " | " between
/// several.
std::string right_answer(const Question& question, const CapturedValues& values);

/// Whether this is a right answer. Case, blanks, "port " before and "." behind do not matter, nor
/// do separators in a number ("65,535"); of a choice the letter is enough.
bool is_right(const Question& question, const std::string& answer, const CapturedValues& values);

/// Whether this is one of the choices ("b", "B)", "b) It is refused."); true without choices.
bool is_valid_choice(const Question& question, const std::string& answer);
/// "a, b or c".
std::string letters_of(const Question& question);
/// "b) It is refused." for "b"; without choices the answer as it is.
std::string answer_text(const Question& question, const std::string& answer);

}  // namespace portlab::labs
