#pragma once
// A lab as its Markdown file describes it: numbered steps, each made of parts. The format is
// explained in labs/README.md.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "labs/runner/check/condition.hpp"

namespace portlab::labs {

/// One of the answers to choose from.
struct Choice {
  char letter = 'a';
  std::string text;
};

/// Something asked. A prediction is recorded, and shown again after what happened; any other
/// question must be answered rightly.
struct Question {
  bool is_prediction = false;
  std::vector<Choice> choices;       ///< empty: a number or a word
  std::string answer;                ///< "b", "65535", "{client}", or words apart by " | "
  std::vector<std::string> hints;    ///< given one at a time
  std::vector<std::string> because;  ///< shown after the answer (or, of a prediction, the event)
};

/// A name for something read off the student's own screen, for a later question.
struct Capture {
  std::string name;
  std::string pattern;  ///< a regular expression with one group, searched in the output
};

/// What not every machine gives.
enum class Need : std::uint8_t {
  nothing,
  private_network,  ///< it changes settings of the network that it runs in
  low_ports,        ///< it takes ports below 1024 as they are
};

/// Something done at the prompt, and what must be true then.
struct Activity {
  std::vector<std::string> commands;  ///< as they are typed; empty: the text says what to do
  std::optional<std::string> output;  ///< what they print, as the file shows it
  std::vector<Condition> conditions;  ///< of the machine and of the last command
  std::vector<Capture> captures;
  std::vector<std::string> unattended;  ///< what --auto types where there are no commands
  std::vector<std::string> hints;
  std::vector<std::string> why;
  std::string next;  ///< the next action, for who is not there yet
  Need needs = Need::nothing;
  /// What this machine lacks for it, "a private network". Then the file's output is shown instead.
  std::string lacking;

  /// What --auto types, as the file has it.
  const std::vector<std::string>& to_do() const { return commands.empty() ? unattended : commands; }
};

/// A piece of a step: what is read, and then at most one thing to do.
struct Part {
  int line = 0;          ///< of the file
  std::size_t step = 0;  ///< an index of Lab::steps
  std::string text;      ///< Markdown
  std::variant<std::monostate, Question, Activity> task;
};

/// A word of the file that each student gets another one for: a port, a file, a name.
struct Variation {
  std::string word;                  ///< as it stands in the file
  std::vector<std::string> choices;  ///< what may stand there instead
};

struct Lab {
  std::string path;
  bool is_on_shelf = true;  ///< one that comes with Portlab; else somebody's own file
  std::string id;           ///< "5", "myth 3"
  std::string title;        ///< "HTTP on port 83"
  int minutes = 0;
  /// portlabd's services; nothing: it is not started
  std::optional<std::vector<std::string>> servers;
  std::vector<Variation> variations;
  std::string deeper;              ///< of a myth: the lab that goes deeper
  std::string introduction;        ///< Markdown before the first step
  std::vector<std::string> steps;  ///< their titles
  std::vector<Part> parts;
  std::int64_t version = 0;  ///< another one when the text has changed

  bool is_myth() const { return id.starts_with("myth "); }
  /// "lab 5", "myth 3".
  std::string name() const { return is_myth() ? id : "lab " + id; }
  /// Behind "portlab " it is what begins it: "lab 5", "lab my/lab.md".
  std::string command() const {
    return is_on_shelf ? name() : (is_myth() ? "myth " : "lab ") + path;
  }
  /// Under what it is kept in a student's record.
  const std::string& record() const { return is_on_shelf ? id : path; }
};

}  // namespace portlab::labs
