#pragma once
// Answers to questions: how they are compared, and how they are shown. No side effects.

#include <string>

#include "labs/runner/model/captured_values.hpp"
#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// The right answers of the file, with captured values in place of their names, and " | " between
/// them; of a choice its letter.
std::string right_answers(const Question& question, const CapturedValues& values);
/// The same; of choices their letters and texts: "b) It is refused."
std::string right_text(const Question& question, const CapturedValues& values);

/// Whether this is a right answer: means() is true of it, or, with choices, it stands for a right one
/// (letter_of()).
bool is_right(const Question& question, const std::string& answer, const CapturedValues& values);

/// The author's reason why this wrong answer is wrong (`if`); empty: there is none.
std::string reason_for(const Question& question, const std::string& answer,
                       const CapturedValues& values);

/// The letter of the choice that this answer stands for: "b", "B)", "option b", "b) It is refused.";
/// or its text, or a part of it that no other choice has: "It is refused", "refused", "yes". Empty:
/// none, or several.
std::string letter_of(const Question& question, const std::string& answer);
/// Whether an answer to this question can be compared: with choices, it must stand for one.
bool is_valid_choice(const Question& question, const std::string& answer);
/// "a, b or c".
std::string letters_of(const Question& question);
/// "b) It is refused." for "b"; without choices the answer as it is.
std::string answer_text(const Question& question, const std::string& answer);

}  // namespace portlab::labs
