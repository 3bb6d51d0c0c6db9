#include "labs/runner/check/answer.hpp"

#include <algorithm>
#include <boost/algorithm/string/join.hpp>
#include <boost/regex.hpp>
#include <functional>

#include "common/text.hpp"
#include "labs/runner/check/answer_words.hpp"

namespace portlab::labs {

namespace {

/// The one choice of which this is true; null: none, or several.
const Choice* find_only(const Question& question,
                        const std::function<bool(const std::string& text)>& is_true) {
  const Choice* only = nullptr;
  for (const auto& choice : question.choices) {
    if (!is_true(choice.text)) continue;
    if (only != nullptr) return nullptr;
    only = &choice;
  }
  return only;
}

/// The choice with the letter in "b", "B)", "(b)", "option b", "b) It is refused.".
const Choice* find_by_letter(const Question& question, const std::string& answer) {
  static const boost::regex pattern(
      R"(\s*(?:(?:option|answer|choice|letter):?\s+)?["'(]?([a-z])(?:["'.]?\s*|[):].*))",
      boost::regex::icase);
  boost::smatch found;
  if (!boost::regex_match(answer, found, pattern)) return nullptr;
  const auto letter = lower(*found[1].first);
  for (const auto& choice : question.choices)
    if (choice.letter == letter) return &choice;
  return nullptr;
}

/// The text before a colon or a comma: "four" of "four: one for each service".
std::string beginning_of(const std::string& text) {
  return text.substr(0, text.find_first_of(":,;"));
}

const Choice* find_choice(const Question& question, const std::string& answer) {
  if (const auto* choice = find_by_letter(question, answer)) return choice;
  if (!has_content(answer)) return nullptr;
  for (const auto& stands_for : std::initializer_list<std::function<bool(const std::string&)>>{
           [&](const auto& text) { return have_same_words(text, answer); },
           [&](const auto& text) { return begins_with(text, answer); },
           [&](const auto& text) { return means(answer, beginning_of(text)); },
           [&](const auto& text) { return means(text, answer); },
           [&](const auto& text) { return means(answer, text); }})
    if (const auto* choice = find_only(question, stands_for)) return choice;
  return nullptr;
}

/// Whether the answer is this one of the file.
bool is_same(const Question& question, const std::string& answer, const std::string& in_file,
             const CapturedValues& values) {
  if (question.choices.empty()) return means(answer, with_values(in_file, values));
  return letter_of(question, answer) == in_file;
}

}  // namespace

std::string right_answers(const Question& question, const CapturedValues& values) {
  return with_values(boost::algorithm::join(question.answers, " | "), values);
}

std::string right_text(const Question& question, const CapturedValues& values) {
  return join(question.answers, " | ", [&](const std::string& answer) {
    return answer_text(question, with_values(answer, values));
  });
}

bool is_right(const Question& question, const std::string& answer, const CapturedValues& values) {
  return std::any_of(question.answers.begin(), question.answers.end(),
                     [&](const auto& right) { return is_same(question, answer, right, values); });
}

std::string reason_for(const Question& question, const std::string& answer,
                       const CapturedValues& values) {
  for (const auto& [wrong, text] : question.reasons)
    if (is_same(question, answer, wrong, values))
      return with_values(boost::algorithm::join(text, " "), values);
  return {};
}

std::string letter_of(const Question& question, const std::string& answer) {
  const auto* choice = find_choice(question, answer);
  return choice == nullptr ? std::string() : std::string{choice->letter};
}

bool is_valid_choice(const Question& question, const std::string& answer) {
  return question.choices.empty() || find_choice(question, answer) != nullptr;
}

std::string letters_of(const Question& question) {
  std::string letters;
  const auto& choices = question.choices;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) letters += i + 1 == choices.size() ? " or " : ", ";
    letters += choices[i].letter;
  }
  return letters;
}

std::string answer_text(const Question& question, const std::string& answer) {
  const auto* choice = find_choice(question, answer);
  return choice == nullptr ? answer : std::string{choice->letter} + ") " + choice->text;
}

}  // namespace portlab::labs
