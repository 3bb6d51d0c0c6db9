#include "labs/runner/check/answer.hpp"

#include <algorithm>
#include <boost/regex.hpp>
#include <cctype>

namespace portlab::labs {

namespace {

char to_lower(char letter) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
}

/// What is compared.
std::string normalised(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (std::isspace(static_cast<unsigned char>(c)) == 0 || !out.empty()) out += to_lower(c);
  while (!out.empty() && (out.back() == ' ' || out.back() == ')' || out.back() == '.'))
    out.pop_back();
  if (out.starts_with("port ")) out.erase(0, 5);
  static const boost::regex thousands(R"(\d{1,3}(?:[ ,.'_]\d{3})+)");
  if (boost::regex_match(out, thousands))
    std::erase_if(out, [](unsigned char c) { return std::isdigit(c) == 0; });
  return out;
}

}  // namespace

std::string right_answer(const Question& question, const CapturedValues& values) {
  return with_values(question.answer, values);
}

bool is_right(const Question& question, const std::string& answer, const CapturedValues& values) {
  auto given = normalised(answer);
  if (!question.choices.empty() && given.size() > 1 && given[1] == ')') given.resize(1);
  if (given.empty()) return false;
  const auto right = right_answer(question, values);
  for (std::size_t begin = 0; begin <= right.size();) {
    const auto end = std::min(right.find(" | ", begin), right.size());
    if (given == normalised(right.substr(begin, end - begin))) return true;
    begin = end + 3;
  }
  return false;
}

bool is_valid_choice(const Question& question, const std::string& answer) {
  if (question.choices.empty()) return true;
  if (answer.empty() || (answer.size() > 1 && answer[1] != ')')) return false;
  return std::any_of(question.choices.begin(), question.choices.end(), [&](const Choice& choice) {
    return choice.letter == to_lower(answer.front());
  });
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
  for (const auto& choice : question.choices)
    if (!answer.empty() && to_lower(answer.front()) == choice.letter)
      return std::string(1, choice.letter) + ") " + choice.text;
  return answer;
}

}  // namespace portlab::labs
