// Line by line: text is gathered until something to do follows; the two of them are a part.
//
//   read_lab -> parse_lab -> Parser::line -> heading, fence, comment, text

#include "labs/runner/model/lab_file.hpp"

#include <algorithm>
#include <boost/regex.hpp>
#include <cctype>
#include <charconv>
#include <fstream>
#include <sstream>

#include "labs/runner/model/variants.hpp"

namespace portlab::labs {

namespace {

using Lines = std::vector<std::string>;

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin));
}

/// Without what editors on other systems add: a byte order mark, carriage returns.
Lines lines_of(std::string_view text) {
  Lines lines;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

/// "next: type this" as a key and its value; without a key that is known, the line is the value.
struct Entry {
  std::string key;
  std::string value;
};

Entry entry_in(const std::string& line, std::initializer_list<std::string_view> keys) {
  const auto colon = line.find(':');
  if (colon != std::string::npos)
    for (const auto key : keys)
      if (line.substr(0, colon) == key) return {std::string(key), trimmed(line.substr(colon + 1))};
  return {{}, trimmed(line)};
}

Lines words_in(const std::string& text) {
  std::istringstream in(text);
  Lines words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

constexpr std::string_view prediction = "**Predict:**";
constexpr std::string_view question = "**Question:**";

/// "- a) The client is refused."
std::optional<Choice> choice_in(const std::string& line) {
  static const boost::regex shape(R"(^[-*] ([a-z])\) (.+)$)");
  boost::smatch found;
  if (!boost::regex_match(line, found, shape)) return std::nullopt;
  return Choice{found[1].str().front(), found[2].str()};
}

Lines commands_in(const Lines& lines);

class Parser {
 public:
  Parser(std::string_view text, const std::string& path) : lines_(lines_of(text)) {
    lab().path = path;
    while (at_ < lines_.size()) line();
    end_part();
    if (lab().title.empty()) fault(1, "the first line is '# Lab N: TITLE' or '# Myth N: TITLE'");
    if (lab().steps.empty()) fault(1, "a lab has steps: '## 1. TITLE'");
    for (std::size_t step = 0; step < lab().steps.size(); ++step)
      if (std::none_of(lab().parts.begin(), lab().parts.end(),
                       [&](const Part& part) { return part.step == step; }))
        fault(1, "step " + std::to_string(step + 1) + " has no text, and nothing to do");
    std::stable_sort(result_.faults.begin(), result_.faults.end(),
                     [](const Fault& a, const Fault& b) { return a.line < b.line; });
  }

  ParsedLab result() { return std::move(result_); }

 private:
  Lab& lab() { return result_.lab; }
  int number() const { return static_cast<int>(at_) + 1; }
  void fault(int line, std::string text) { result_.faults.push_back({line, std::move(text)}); }

  void line() {
    const auto& text = lines_[at_];
    if (text.starts_with("<!--")) return comment();
    if (text.starts_with("```")) return fence();
    if (text.starts_with("# ")) {
      title(text);
    } else if (text.starts_with("## ")) {
      step(text);
    } else {
      if (text.starts_with(prediction) || text.starts_with(question)) {
        if (asked_) fault(number(), "the question before has no <!-- answer");
        asked_ = true;
        question_.is_prediction = text.starts_with(prediction);
      }
      if (const auto choice = asked_ ? choice_in(trimmed(text)) : std::nullopt)
        question_.choices.push_back(*choice);
      const bool blank = trimmed(text).empty();
      if (!blank) end_activity();
      if (!blank || !text_.empty()) text_.push_back(text);
    }
    ++at_;
  }

  void title(const std::string& text) {
    static const boost::regex shape(R"(^# (Lab|Myth) (\d+): (.+)$)");
    boost::smatch found;
    if (!boost::regex_match(text, found, shape) || !lab().title.empty())
      return fault(number(), "one title: '# Lab N: TITLE' or '# Myth N: TITLE'");
    lab().id = (found[1] == "Myth" ? "myth " : "") + found[2].str();
    lab().title = found[3].str();
  }

  void step(const std::string& text) {
    end_part();
    static const boost::regex shape(R"(^## (\d+)\. (.+)$)");
    boost::smatch found;
    if (!boost::regex_match(text, found, shape) ||
        found[1].str() != std::to_string(lab().steps.size() + 1))
      fault(number(), "the next step is '## " + std::to_string(lab().steps.size() + 1) +
                          ". TITLE', not '" + text + "'");
    lab().steps.push_back(found.empty() ? text : found[2].str());
  }

  /// The lines of a comment, with the number of the first one.
  void comment() {
    const int first = number();
    const auto head = trimmed(std::string_view(lines_[at_]).substr(4));
    Lines inside;
    const auto end = [&] { return lines_[at_].find("-->") != std::string::npos; };
    if (!end())
      for (++at_; at_ < lines_.size() && !end(); ++at_) inside.push_back(lines_[at_]);
    if (at_ >= lines_.size()) return fault(first, "this comment has no end");
    ++at_;
    if (head == "lab") return about(inside, first);
    if (head == "answer") return answer(inside, first);
    if (head == "check") return check(inside, first);
    fault(first, "a comment is one of <!-- lab, <!-- answer and <!-- check");
  }

  void about(const Lines& inside, int line) {
    for (const auto& text : inside) {
      ++line;
      if (trimmed(text).empty()) continue;
      const auto [key, value] = entry_in(text, {"minutes", "servers", "vary", "deeper"});
      if (key == "minutes") {
        std::from_chars(value.data(), value.data() + value.size(), lab().minutes);
        if (lab().minutes <= 0) fault(line, "minutes: '" + value + "' is no number of minutes");
      } else if (key == "servers") {
        lab().servers = value == "none" ? std::nullopt : std::optional(words_in(value));
        servers_said_ = true;
      } else if (key == "vary") {
        vary(value, line);
      } else if (key == "deeper") {
        lab().deeper = value;
      } else {
        fault(line, "'" + text + "': about a lab there are minutes, servers, vary and deeper");
      }
    }
    if (!servers_said_) lab().servers = Lines{};
  }

  /// "8083 = 8084 8085" or "8083 = 8100-8199".
  void vary(const std::string& value, int line) {
    const auto equals = value.find('=');
    Variation variation{trimmed(value.substr(0, equals)), {}};
    if (equals != std::string::npos) variation.choices = words_in(value.substr(equals + 1));
    static const boost::regex range(R"(^(\d+)-(\d+)$)");
    boost::smatch found;
    if (variation.choices.size() == 1 &&
        boost::regex_match(variation.choices.front(), found, range)) {
      const auto number = [](const std::string& digits) {  // too long: none
        int parsed = -1;
        std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
        return parsed;
      };
      const int first = number(found[1].str()), last = number(found[2].str());
      variation.choices.clear();
      for (int n = first; n >= 0 && n <= last && n < first + 10'000; ++n)
        variation.choices.push_back(std::to_string(n));
    }
    if (variation.word.empty() || variation.choices.empty())
      return fault(line, "vary: WORD = CHOICE CHOICE ..., or WORD = 8100-8199");
    lab().variations.push_back(std::move(variation));
  }

  void fence() {
    const int first = number();
    const auto language = trimmed(std::string_view(lines_[at_]).substr(3));
    Lines inside;
    for (++at_; at_ < lines_.size() && !lines_[at_].starts_with("```"); ++at_)
      inside.push_back(lines_[at_]);
    if (at_ >= lines_.size()) return fault(first, "this block has no end");
    ++at_;
    if (language == "sh") {
      end_activity();
      activity_.emplace();
      activity_line_ = first;
      activity_->commands = commands_in(inside);
      return;
    }
    if (language == "output") {
      if (!activity_ || activity_->output)
        return fault(first, "output follows the commands that print it: an ```sh block");
      activity_->output = joined(inside);
      return;
    }
    end_activity();
    text_.push_back("```");
    text_.insert(text_.end(), inside.begin(), inside.end());
    text_.push_back("```");
  }

  void answer(const Lines& inside, int line) {
    const int first = line;
    if (!asked_) fault(first, "an answer follows a question: **Predict:** or **Question:**");
    for (const auto& text : inside) {
      ++line;
      const auto [key, value] = entry_in(text, {"hint", "because", "answer"});
      if (value.empty()) continue;
      if (key == "hint")
        question_.hints.push_back(value);
      else if (key == "because")
        question_.because.push_back(value);
      else if (question_.answer.empty())
        question_.answer = value;
      else
        fault(line, "a second answer: '" + text + "'");
    }
    check_answer(first);
    add_part(first, std::move(question_));
    question_ = {};
    asked_ = false;
  }

  void check_answer(int line) {
    const auto& answer = question_.answer;
    if (answer.empty()) return fault(line, "the answer is missing");
    if (question_.choices.empty()) return;
    const bool is_letter =
        std::any_of(question_.choices.begin(), question_.choices.end(),
                    [&](const Choice& choice) { return answer == std::string(1, choice.letter); });
    if (!is_letter) fault(line, "'" + answer + "' is none of the choices");
  }

  void check(const Lines& inside, int line) {
    if (!activity_) {
      activity_.emplace();
      activity_line_ = line;
    }
    for (const auto& text : inside) {
      ++line;
      const auto [key, value] = entry_in(text, {"hint", "why", "next", "do", "capture", "needs"});
      if (value.empty()) continue;
      if (key == "hint")
        activity_->hints.push_back(value);
      else if (key == "why")
        activity_->why.push_back(value);
      else if (key == "next")
        activity_->next = value;
      else if (key == "do")
        activity_->unattended.push_back(value);
      else if (key == "capture")
        capture(value, line);
      else if (key == "needs")
        needs(value, line);
      else if (const auto condition = parse_condition(value))
        activity_->conditions.push_back(*condition);
      else
        fault(line, condition.error().text);
    }
    end_activity();
  }

  /// "client = 127\.0\.0\.1:(\d+)".
  void capture(const std::string& value, int line) {
    const auto equals = value.find('=');
    Capture one{trimmed(value.substr(0, equals)),
                equals == std::string::npos ? "" : trimmed(value.substr(equals + 1))};
    try {
      if (one.name.empty() || boost::regex(one.pattern).mark_count() != 1)
        return fault(line, "capture: NAME = a regular expression with one group");
    } catch (const boost::regex_error& error) {
      return fault(line, "capture: '" + one.pattern + "': " + error.what());
    }
    activity_->captures.push_back(std::move(one));
  }

  void needs(const std::string& value, int line) {
    if (value == "private network")
      activity_->needs = Need::private_network;
    else if (value == "low ports")
      activity_->needs = Need::low_ports;
    else
      fault(line, "needs: '" + value + "' is neither 'private network' nor 'low ports'");
  }

  void end_activity() {
    if (!activity_) return;
    add_part(activity_line_, std::move(*activity_));
    activity_.reset();
  }

  void end_part() {
    end_activity();
    if (asked_) fault(number(), "this question has no <!-- answer");
    asked_ = false;
    const auto text = trimmed(joined(text_));
    if (!text.empty()) add_part(number(), std::monostate{});
    text_.clear();
  }

  template <class Task>
  void add_part(int line, Task task) {
    auto text = trimmed(joined(text_));
    text_.clear();
    if (lab().steps.empty()) {
      if (!std::is_same_v<Task, std::monostate>) fault(line, "this stands before the first step");
      lab().introduction = std::move(text);
      return;
    }
    lab().parts.push_back({line, lab().steps.size() - 1, std::move(text), std::move(task)});
  }

  const Lines lines_;
  std::size_t at_ = 0;
  ParsedLab result_;
  Lines text_;
  Question question_;
  bool asked_ = false;
  bool servers_said_ = false;
  std::optional<Activity> activity_;
  int activity_line_ = 0;
};

/// What ends the here-document that this line begins ("<<EOF", "<<'EOF'"); empty: it begins none.
std::string here_document_end(const std::string& line) {
  static const boost::regex shape(R"((?<!<)<<(?!<)-?\s*['"\\]?([A-Za-z_][A-Za-z_0-9]*)['"]?)");
  boost::smatch found;
  return boost::regex_search(line, found, shape) ? found[1].str() : std::string();
}

/// A command a line; with the lines of a here-document, and those that a backslash joins.
Lines commands_in(const Lines& lines) {
  Lines commands;
  std::string end;
  bool joins = false;
  for (const auto& line : lines) {
    const bool inside = !end.empty();
    if (!inside && !joins && trimmed(line).empty()) continue;
    if (inside || joins)
      commands.back() += "\n" + line;
    else
      commands.push_back(trimmed(line));
    if (inside && trimmed(line) == end) end.clear();
    if (!inside) end = here_document_end(line);
    joins = !inside && line.ends_with('\\');
  }
  return commands;
}

}  // namespace

ParsedLab parse_lab(std::string_view text, const std::string& path) {
  return Parser(text, path).result();
}

Result<Lab> read_lab(const std::string& path, const std::string& student) {
  std::ifstream file(path);
  if (!file) return Error{path + ": can't be read: check the name, and who may read it"};
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto parsed = parse_lab(text, path);
  if (parsed.faults.empty() && !student.empty())
    parsed = parse_lab(text_for(student, text, parsed.lab.variations), path);
  parsed.lab.version = hash_of(text);
  if (parsed.faults.empty()) return std::move(parsed.lab);
  std::string faults;
  for (const auto& fault : parsed.faults)
    faults +=
        (faults.empty() ? "" : "\n") + path + ":" + std::to_string(fault.line) + ": " + fault.text;
  return Error{faults};
}

}  // namespace portlab::labs
