// Line by line. Text is collected until a task follows; text and task are a part.
//
//   read_lab -> parse_lab -> Parser::parse_line -> title, step, block (```), comment (<!--), text
//                                                                     |
//                                                              lab_comments.hpp

#include "labs/runner/model/lab_file.hpp"

#include <algorithm>
#include <boost/regex.hpp>
#include <fstream>
#include <iterator>

#include "common/stable_hash.hpp"
#include "labs/runner/model/choices.hpp"
#include "labs/runner/model/lab_comments.hpp"
#include "labs/runner/model/lab_hosts.hpp"
#include "labs/runner/model/text_lines.hpp"
#include "labs/runner/model/variants.hpp"

namespace portlab::labs {

namespace {

constexpr std::string_view prediction = "**Predict:**";
constexpr std::string_view question = "**Question:**";

/// The word that ends the here-document of this line ("<<EOF", "<<'EOF'"); empty: it has none.
std::string here_document_end(const std::string& line) {
  static const boost::regex pattern(R"((?<!<)<<(?!<)-?\s*['"\\]?([A-Za-z_][A-Za-z_0-9]*)['"]?)");
  boost::smatch found;
  return boost::regex_search(line, found, pattern) ? found[1].str() : std::string();
}

/// A command is a line; or several, with a here-document or a backslash at the end of a line.
Lines split_commands(const Lines& lines) {
  Lines commands;
  std::string document_end;
  bool continues = false;
  for (const auto& line : lines) {
    const bool in_document = !document_end.empty();
    if (!in_document && !continues && trimmed(line).empty()) continue;
    if (in_document || continues)
      commands.back() += "\n" + line;
    else
      commands.push_back(trimmed(line));
    if (in_document && trimmed(line) == document_end) document_end.clear();
    if (!in_document) document_end = here_document_end(line);
    continues = !in_document && line.ends_with('\\');
  }
  return commands;
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& path) : lines_(split_lines(text)) {
    lab_.path = path;
  }

  ParsedLab parse() {
    while (at_ < lines_.size()) parse_line();
    end_step();
    if (lab_.title.empty()) add_fault(1, "the first line is '# Lab N: TITLE' or '# Myth N: TITLE'");
    if (lab_.steps.empty()) add_fault(1, "a lab has steps: '## 1. TITLE'");
    if (in_recap_ && lab_.recap.empty()) add_fault(line_number() - 1, "the recap is empty");
    place_on_hosts(lab_, faults_);
    std::stable_sort(faults_.begin(), faults_.end(),
                     [](const Fault& a, const Fault& b) { return a.line < b.line; });
    return {std::move(lab_), std::move(faults_)};
  }

 private:
  int line_number() const { return static_cast<int>(at_) + 1; }
  void add_fault(int line, std::string text) { faults_.push_back({line, std::move(text)}); }

  void parse_line() {
    const auto& line = lines_[at_];
    if (line.starts_with("<!--")) return parse_comment();
    if (line.starts_with("```")) return parse_block();
    if (line.starts_with("# "))
      parse_title(line);
    else if (line == "## Recap")
      begin_recap();
    else if (line.starts_with("## "))
      parse_step(line);
    else
      parse_text(line);
    ++at_;
  }

  void parse_title(const std::string& line) {
    static const boost::regex pattern(R"(^# (Lab|Myth) (\d+): (.+)$)");
    boost::smatch found;
    if (!boost::regex_match(line, found, pattern) || !lab_.title.empty())
      return add_fault(line_number(), "one title: '# Lab N: TITLE' or '# Myth N: TITLE'");
    lab_.id = (found[1] == "Myth" ? "myth " : "") + found[2].str();
    lab_.title = found[3].str();
  }

  void begin_recap() {
    end_step();
    if (in_recap_) add_fault(line_number(), "a second recap");
    in_recap_ = true;
  }

  void parse_step(const std::string& line) {
    if (in_recap_) add_fault(line_number(), "the recap is the last part of a lab");
    end_step();
    static const boost::regex pattern(R"(^## (\d+)\. (.+)$)");
    boost::smatch found;
    const auto number = std::to_string(lab_.steps.size() + 1);
    if (!boost::regex_match(line, found, pattern) || found[1].str() != number)
      add_fault(line_number(), "the next step is '## " + number + ". TITLE', not '" + line + "'");
    lab_.steps.push_back(found.empty() ? line : found[2].str());
  }

  void parse_text(const std::string& line) {
    if (line.starts_with(prediction) || line.starts_with(question)) {
      if (question_) add_fault(line_number(), "the previous question has no <!-- answer");
      question_.emplace();
      question_->is_prediction = line.starts_with(prediction);
    }
    if (question_)
      if (auto choice = parse_choice(trimmed(line))) question_->choices.push_back(*choice);
    const bool is_blank = trimmed(line).empty();
    if (!is_blank) end_activity();
    if (!is_blank || !text_.empty()) text_.push_back(line);
  }

  /// A block between ``` and ```.
  void parse_block() {
    const int first = line_number();
    const auto language = trimmed(std::string_view(lines_[at_]).substr(3));
    Lines inside;
    for (++at_; at_ < lines_.size() && !lines_[at_].starts_with("```"); ++at_)
      inside.push_back(lines_[at_]);
    if (at_ >= lines_.size()) return add_fault(first, "this block has no end");
    ++at_;
    if (language == "output") {
      if (!activity_ || activity_->output)
        return add_fault(first, "an output block follows the ```sh block that prints it");
      activity_->output = join_lines(inside);
      return;
    }
    end_activity();
    if (language == "sh") {
      activity_.emplace();
      activity_line_ = first;
      activity_->commands = split_commands(inside);
      return;
    }
    text_.push_back("```");
    text_.insert(text_.end(), inside.begin(), inside.end());
    text_.push_back("```");
  }

  void parse_comment() {
    Comment comment{line_number(), {}};
    const auto kind = trimmed(std::string_view(lines_[at_]).substr(4));
    const auto ends_here = [&] { return lines_[at_].find("-->") != std::string::npos; };
    if (!ends_here())
      for (++at_; at_ < lines_.size() && !ends_here(); ++at_) comment.lines.push_back(lines_[at_]);
    if (at_ >= lines_.size()) return add_fault(comment.line, "this comment has no end");
    ++at_;
    if (kind == "lab")
      parse_lab_comment(comment, lab_, faults_);
    else if (kind == "answer")
      parse_answer(comment);
    else if (kind == "check")
      parse_check(comment);
    else
      add_fault(comment.line, "a comment is one of <!-- lab, <!-- answer and <!-- check");
  }

  void parse_answer(const Comment& comment) {
    if (!question_)
      return add_fault(comment.line, "an answer follows a question: **Predict:** or **Question:**");
    parse_answer_comment(comment, *question_, faults_);
    add_part(comment.line, *std::exchange(question_, std::nullopt));
  }

  void parse_check(const Comment& comment) {
    if (!activity_) {
      activity_.emplace();
      activity_line_ = comment.line;
    }
    parse_check_comment(comment, *activity_, faults_);
    end_activity();
  }

  void end_activity() {
    if (activity_) add_part(activity_line_, *std::exchange(activity_, std::nullopt));
  }

  void end_step() {
    end_activity();
    if (question_) add_fault(line_number(), "this question has no <!-- answer");
    question_.reset();
    if (!trimmed(join_lines(text_)).empty()) add_part(line_number(), std::monostate{});
    const auto last = lab_.parts.empty() ? 0 : lab_.parts.back().step + 1;
    if (last != lab_.steps.size())
      add_fault(line_number(), "step " + std::to_string(lab_.steps.size()) + " is empty");
  }

  /// The collected text and this task.
  template <class Task>
  void add_part(int line, Task task) {
    auto text = trimmed(join_lines(text_));
    text_.clear();
    if (in_recap_) {
      if (!std::is_same_v<Task, std::monostate>) add_fault(line, "a recap is text alone");
      lab_.recap = std::move(text);
      return;
    }
    if (!lab_.steps.empty()) {
      lab_.parts.push_back({line, lab_.steps.size() - 1, std::move(text), std::move(task)});
      return;
    }
    if (!std::is_same_v<Task, std::monostate>)
      add_fault(line, "this must come after the first '## 1. TITLE'");
    lab_.introduction = std::move(text);
  }

  const Lines lines_;
  std::size_t at_ = 0;  ///< index of the current line
  Lab lab_;
  std::vector<Fault> faults_;
  bool in_recap_ = false;
  Lines text_;                        ///< of the next part
  std::optional<Question> question_;  ///< that has no answer yet
  std::optional<Activity> activity_;  ///< whose output or check may follow
  int activity_line_ = 0;
};

}  // namespace

std::string to_text(const std::string& path, const std::vector<Fault>& faults) {
  std::string text;
  for (const auto& [line, what] : faults)
    text += (text.empty() ? "" : "\n") + path + ":" + std::to_string(line) + ": " + what;
  return text;
}

ParsedLab parse_lab(std::string_view text, const std::string& path) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return Parser(text, path).parse();
}

Result<Lab> read_lab(const std::string& path, const std::string& student) {
  std::ifstream file(path);
  if (!file) return Error{path + ": can't be read: check the file's name and its permissions"};
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto parsed = parse_lab(text, path);
  if (parsed.faults.empty() && !student.empty())
    parsed = parse_lab(variant_of(text, parsed.lab.variations, student), path);
  if (!parsed.faults.empty()) return Error{to_text(path, parsed.faults)};
  parsed.lab.version = hash_of(text);
  shuffle_choices(parsed.lab, student);
  return std::move(parsed.lab);
}

}  // namespace portlab::labs
