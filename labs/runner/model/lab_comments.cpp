#include "labs/runner/model/lab_comments.hpp"

#include <algorithm>
#include <boost/algorithm/string/find_iterator.hpp>
#include <boost/algorithm/string/finder.hpp>
#include <boost/algorithm/string/iter_find.hpp>
#include <boost/regex.hpp>
#include <charconv>
#include <functional>
#include <map>

#include "labs/network/lab_network.hpp"
#include "labs/network/office/extra_servers.hpp"

namespace portlab::labs {

namespace {

/// Uses the value of a line. What it returns, if anything, is a fault of the line.
using UseValue = std::function<std::string(const std::string& value)>;

/// A line "KEY: VALUE" is used by the entry of its key; a line "if ANSWER: REASON" by the entry of
/// the key "if"; any other line, as a value, by the entry of the key "".
void parse_lines(const Comment& comment, const std::map<std::string, UseValue>& uses,
                 std::vector<Fault>& faults) {
  int number = comment.line;
  for (const auto& line : comment.lines) {
    ++number;
    const auto key_end = line.starts_with("if ") ? 2 : line.find(':');
    auto use = uses.find(key_end == std::string::npos ? "" : line.substr(0, key_end));
    if (use == uses.end()) use = uses.find("");
    const auto value = trimmed(use->first.empty() ? line : line.substr(key_end + 1));
    if (value.empty()) continue;
    if (auto fault = use->second(value); !fault.empty())
      faults.push_back({number, std::move(fault)});
  }
}

UseValue set(std::string& member) {
  return [&member](const std::string& value) {
    member = value;
    return std::string();
  };
}

UseValue add_to(Lines& lines) {
  return [&lines](const std::string& value) {
    lines.push_back(value);
    return std::string();
  };
}

/// "NAME = VALUE"; the value is empty where there is no "=".
std::pair<std::string, std::string> parse_assignment(const std::string& text) {
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

/// "office", "office with smb,rdp".
std::string parse_network(const std::string& value, Lab& lab) {
  const auto words = split_words(value);
  const bool has_servers = words.size() == 3 && words[1] == "with";
  lab.has_office = words[0] == "office" && (words.size() == 1 || has_servers);
  if (!lab.has_office)
    return "network: '" + value + "' is neither 'office' nor 'office with SERVER,SERVER'";
  if (has_servers)
    boost::algorithm::iter_split(lab.office_with, words[2], boost::algorithm::first_finder(","));
  for (const auto& name : lab.office_with)
    if (office::find_extra(name) == nullptr)
      return "network: the office has no server '" + name + "': there are smb and rdp";
  return {};
}

std::string parse_needs(const std::string& value, Need& needs) {
  if (value == "private network")
    needs = Need::private_network;
  else if (value == "low ports")
    needs = Need::low_ports;
  else if (value == "office")
    needs = Need::office;
  else if (value == "smb")
    needs = Need::smb;
  else if (value == "rdp")
    needs = Need::rdp;
  else
    return "needs: '" + value +
           "' is none of 'private network', 'low ports', 'office', 'smb', 'rdp'";
  return {};
}

std::string add_condition(const std::string& value, std::vector<Condition>& conditions) {
  const auto condition = parse_condition(value);
  if (!condition) return condition.error().text;
  conditions.push_back(*condition);
  return {};
}

/// Belongs to the conditions before it that have none yet; the last one is also the activity's.
void set_next(const std::string& value, Activity& activity) {
  for (auto& condition : activity.conditions)
    if (condition.next.empty()) condition.next = value;
  activity.next = value;
}

/// "65535", "refused | connection refused".
std::string set_answers(const std::string& value, std::vector<std::string>& answers) {
  if (!answers.empty()) return "a second answer: '" + value + "'";
  boost::algorithm::iter_split(answers, value, boost::algorithm::first_finder(" | "));
  return {};
}

/// "a: The kernel does not do that.", "5353: That is another service's port.", and the next lines of
/// a long reason.
std::string add_reason(const std::string& value, std::vector<Reason>& reasons) {
  const auto colon = value.find(": ");
  const auto answer = trimmed(value.substr(0, colon));
  if (colon == std::string::npos || answer.empty()) return "if ANSWER: REASON";
  const auto is_same = [&](const Reason& reason) { return reason.answer == answer; };
  auto reason = std::find_if(reasons.begin(), reasons.end(), is_same);
  if (reason == reasons.end()) reason = reasons.insert(reason, {answer, {}});
  reason->text.push_back(trimmed(value.substr(colon + 1)));
  return {};
}

bool has_choice(const Question& question, const std::string& answer) {
  return std::any_of(question.choices.begin(), question.choices.end(),
                     [&](const Choice& choice) { return answer == std::string{choice.letter}; });
}

}  // namespace

void parse_lab_comment(const Comment& comment, Lab& lab, std::vector<Fault>& faults) {
  std::string servers;
  parse_lines(comment,
              {{"minutes", [&](const auto& value) { return parse_minutes(value, lab.minutes); }},
               {"vary", [&](const auto& value) { return parse_variation(value, lab.variations); }},
               {"servers", set(servers)},
               {"network", [&](const auto& value) { return parse_network(value, lab); }},
               {"deeper", set(lab.deeper)},
               {"",
                [](const auto& value) {
                  return "'" + value +
                         "': the keys here are minutes, servers, network, vary and "
                         "deeper";
                }}},
              faults);
  if (lab.has_office && !servers.empty())
    faults.push_back({comment.line, "servers: an office has its own (network: office)"});
  if (lab.has_office)
    lab.servers = std::nullopt;
  else if (servers.empty())
    lab.servers = lab_services;
  else
    lab.servers = servers == "none" ? std::nullopt : std::optional(split_words(servers));
}

void parse_answer_comment(const Comment& comment, Question& question, std::vector<Fault>& faults) {
  parse_lines(comment,
              {{"hint", add_to(question.hints)},
               {"because", add_to(question.explanation)},
               {"if", [&](const auto& value) { return add_reason(value, question.reasons); }},
               {"", [&](const auto& value) { return set_answers(value, question.answers); }}},
              faults);
  if (question.answers.empty()) faults.push_back({comment.line, "the answer is missing"});
  auto answers = question.answers;
  for (const auto& reason : question.reasons) answers.push_back(reason.answer);
  for (const auto& answer : answers)
    if (!question.choices.empty() && !has_choice(question, answer))
      faults.push_back({comment.line, "'" + answer + "' is none of the choices"});
}

void parse_check_comment(const Comment& comment, Activity& activity, std::vector<Fault>& faults) {
  parse_lines(
      comment,
      {{"hint", add_to(activity.hints)},
       {"why", add_to(activity.explanation)},
       {"next",
        [&](const auto& value) {
          set_next(value, activity);
          return std::string();
        }},
       {"expect", set(activity.expectation)},
       {"do", add_to(activity.auto_commands)},
       {"wrong", add_to(activity.wrong_commands)},
       {"also", add_to(activity.other_commands)},
       {"capture", [&](const auto& value) { return parse_capture(value, activity.captures); }},
       {"needs", [&](const auto& value) { return parse_needs(value, activity.needs); }},
       {"", [&](const auto& value) { return add_condition(value, activity.conditions); }}},
      faults);
}

}  // namespace portlab::labs
