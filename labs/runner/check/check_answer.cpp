#include "labs/runner/check/check_answer.hpp"

#include <algorithm>
#include <cctype>

namespace portlab::labs {

namespace {

char lower(char letter) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
}

}  // namespace

bool is_one_of_the_choices(const Question& question, const std::string& answer) {
  if (question.choices.empty()) return true;
  if (answer.empty() || (answer.size() > 1 && answer[1] != ')')) return false;
  return std::any_of(question.choices.begin(), question.choices.end(),
                     [&](const Choice& choice) { return choice.letter == lower(answer.front()); });
}

std::string letters_of(const Question& question) {
  std::string letters;
  for (const auto& choice : question.choices)
    letters += (letters.empty() ? "" : ", ") + std::string(1, choice.letter);
  return letters;
}

std::string spelled(const Question& question, const std::string& answer) {
  for (const auto& choice : question.choices)
    if (!answer.empty() && lower(answer.front()) == choice.letter)
      return std::string(1, choice.letter) + ") " + choice.text;
  return answer;
}

}  // namespace portlab::labs
