#include "labs/runner/model/lab_comments.hpp"

#include <algorithm>
#include <boost/regex.hpp>
#include <charconv>
#include <functional>
#include <initializer_list>

namespace portlab::labs {

namespace {

/// "next: type this" as a key and its value; the whole line is the value where no key is known.
struct Entry {
  std::string key;
  std::string value;
};

Entry parse_entry(const std::string& line, std::initializer_list<std::string_view> keys) {
  const auto colon = line.find(':');
  if (colon != std::string::npos &&
      std::find(keys.begin(), keys.end(), std::string_view(line).substr(0, colon)) != keys.end())
    return {line.substr(0, colon), trimmed(line.substr(colon + 1))};
  return {{}, trimmed(line)};
}

/// Calls `use` for each line that is not empty; what it returns, if anything, is a fault of the
/// line.
void for_each_entry(const Comment& comment, std::initializer_list<std::string_view> keys,
                    std::vector<Fault>& faults, const std::function<std::string(Entry)>& use) {
  int number = comment.line;
  for (const auto& line : comment.lines) {
    ++number;
    auto entry = parse_entry(line, keys);
    if (entry.value.empty()) continue;
    if (auto fault = use(std::move(entry)); !fault.empty())
      faults.push_back({number, std::move(fault)});
  }
}

/// "NAME = VALUE"; the value is empty where there is no "=".
Entry parse_assignment(const std::string& text) {
  const auto equals = text.find('=');
  return {trimmed(text.substr(0, equals)),
          equals == std::string::npos ? "" : trimmed(text.substr(equals + 1))};
}

std::string parse_minutes(const std::string& value, int& minutes) {
  std::from_chars(value.data(), value.data() + value.size(), minutes);
  return minutes > 0 ? "" : "minutes: '" + value + "' is not a number of minutes";
}

/// "8083 = 8084 8085" or "8083 = 8100-8199".
std::string parse_variation(const std::string& value, std::vector<Variation>& variations) {
  constexpr int choices_max = 10'000;
  const auto [word, text] = parse_assignment(value);
  Variation variation{word, split_words(text)};
  static const boost::regex range(R"(^(\d{1,5})-(\d{1,5})$)");
  boost::smatch found;
  if (boost::regex_match(text, found, range)) {
    variation.choices.clear();
    const int first = std::stoi(found[1].str());
    const int last = std::min(std::stoi(found[2].str()), first + choices_max - 1);
    for (int number = first; number <= last; ++number)
      variation.choices.push_back(std::to_string(number));
  }
  if (word.empty() || variation.choices.empty())
    return "vary: WORD = CHOICE CHOICE ..., or WORD = 8100-8199";
  variations.push_back(std::move(variation));
  return {};
}

/// "client = 127\.0\.0\.1:(\d+)".
std::string parse_capture(const std::string& value, std::vector<Capture>& captures) {
  const auto [name, pattern] = parse_assignment(value);
  try {
    if (name.empty() || boost::regex(pattern).mark_count() != 1)
      return "capture: NAME = a regular expression with one group";
  } catch (const boost::regex_error& error) {
    return "capture: '" + pattern + "': " + error.what();
  }
  captures.push_back({name, pattern});
  return {};
}

std::string parse_needs(const std::string& value, Need& needs) {
  if (value == "private network")
    needs = Need::private_network;
  else if (value == "low ports")
    needs = Need::low_ports;
  else
    return "needs: '" + value + "' is neither 'private network' nor 'low ports'";
  return {};
}

bool has_choice(const Question& question, const std::string& answer) {
  return std::any_of(question.choices.begin(), question.choices.end(),
                     [&](const Choice& choice) { return answer == std::string(1, choice.letter); });
}

}  // namespace

void parse_lab_comment(const Comment& comment, Lab& lab, std::vector<Fault>& faults) {
  lab.servers = Lines{};
  for_each_entry(comment, {"minutes", "servers", "vary", "deeper"}, faults,
                 [&](const Entry& entry) -> std::string {
                   const auto& [key, value] = entry;
                   if (key == "minutes") return parse_minutes(value, lab.minutes);
                   if (key == "vary") return parse_variation(value, lab.variations);
                   if (key == "servers")
                     lab.servers =
                         value == "none" ? std::nullopt : std::optional(split_words(value));
                   else if (key == "deeper")
                     lab.deeper = value;
                   else
                     return "'" + value + "': the keys here are minutes, servers, vary and deeper";
                   return {};
                 });
}

void parse_answer_comment(const Comment& comment, Question& question, std::vector<Fault>& faults) {
  for_each_entry(comment, {"hint", "because", "answer"}, faults,
                 [&](const Entry& entry) -> std::string {
                   const auto& [key, value] = entry;
                   if (key == "hint")
                     question.hints.push_back(value);
                   else if (key == "because")
                     question.explanation.push_back(value);
                   else if (question.answer.empty())
                     question.answer = value;
                   else
                     return "a second answer: '" + value + "'";
                   return {};
                 });
  if (question.answer.empty())
    faults.push_back({comment.line, "the answer is missing"});
  else if (!question.choices.empty() && !has_choice(question, question.answer))
    faults.push_back({comment.line, "'" + question.answer + "' is none of the choices"});
}

void parse_check_comment(const Comment& comment, Activity& activity, std::vector<Fault>& faults) {
  for_each_entry(comment, {"hint", "why", "next", "do", "capture", "needs"}, faults,
                 [&](const Entry& entry) -> std::string {
                   const auto& [key, value] = entry;
                   if (key == "capture") return parse_capture(value, activity.captures);
                   if (key == "needs") return parse_needs(value, activity.needs);
                   if (key == "hint") {
                     activity.hints.push_back(value);
                   } else if (key == "why") {
                     activity.explanation.push_back(value);
                   } else if (key == "next") {
                     activity.next = value;
                   } else if (key == "do") {
                     activity.auto_commands.push_back(value);
                   } else {
                     const auto condition = parse_condition(value);
                     if (!condition) return condition.error().text;
                     activity.conditions.push_back(*condition);
                   }
                   return {};
                 });
}

}  // namespace portlab::labs
