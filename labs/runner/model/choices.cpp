#include "labs/runner/model/choices.hpp"

#include <algorithm>
#include <boost/regex.hpp>
#include <map>
#include <utility>
#include <vector>

#include "common/stable_hash.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

bool is_about_the_others(const std::string& choice) {
  static const boost::regex pattern(
      "(?:none|neither|nothing of|both|all of (?:these|them)|(?:in |each |any )+(?:all )?of "
      "(?:these|them))\\b.*",
      boost::regex::icase);
  return boost::regex_match(choice, pattern);
}

/// The choices in a new order, with their letters from the file.
std::vector<Choice> shuffled(std::vector<Choice> choices, const std::string& seed) {
  const auto last = std::stable_partition(choices.begin(), choices.end(), [](const Choice& choice) {
    return !is_about_the_others(choice.text);
  });
  const auto rank = [&](const Choice& choice) {
    return hash_of(std::string{choice.letter} + "\n" + seed);
  };
  std::sort(choices.begin(), last,
            [&](const Choice& a, const Choice& b) { return rank(a) < rank(b); });
  return choices;
}

/// The text with these choices in the lines of its list.
std::string with_choices(const std::string& text, const std::vector<Choice>& choices) {
  auto lines = split_lines(text);
  auto next = choices.begin();
  bool in_question = false;
  for (auto& line : lines) {
    in_question =
        in_question || line.starts_with("**Predict:**") || line.starts_with("**Question:**");
    if (!in_question || next == choices.end() || !parse_choice(trimmed(line))) continue;
    line = "- " + std::string{next->letter} + ") " + next->text;
    ++next;
  }
  return trimmed(join_lines(lines));
}

}  // namespace

std::optional<Choice> parse_choice(const std::string& line) {
  static const boost::regex pattern(R"(^[-*] ([a-z])\) (.+)$)");
  boost::smatch found;
  if (!boost::regex_match(line, found, pattern)) return std::nullopt;
  return Choice{found[1].str().front(), found[2].str()};
}

void shuffle_choices(Lab& lab, const std::string& student) {
  for (std::size_t i = 0; i < lab.parts.size(); ++i) {
    auto& part = lab.parts[i];
    auto* question = std::get_if<Question>(&part.task);
    if (question == nullptr || question->choices.empty()) continue;
    auto choices = shuffled(question->choices, student + "\n" + lab.id + "\n" + std::to_string(i));
    std::map<std::string, std::string> new_letters;
    for (std::size_t place = 0; place < choices.size(); ++place) {
      const char letter = question->choices[place].letter;
      new_letters[{choices[place].letter}] = letter;
      choices[place].letter = letter;
    }
    for (auto& answer : question->answers) answer = new_letters.at(answer);
    for (auto& reason : question->reasons) reason.answer = new_letters.at(reason.answer);
    question->choices = std::move(choices);
    part.text = with_choices(part.text, question->choices);
  }
}

}  // namespace portlab::labs
