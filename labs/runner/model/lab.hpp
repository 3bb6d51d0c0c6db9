#pragma once
// A lab as a value: what its Markdown file contains. A lab has steps, and a step has parts. The
// format of the file: labs/README.md.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "labs/runner/model/condition.hpp"

namespace portlab::labs {

/// A choice of a question: "b) It is refused."
struct Choice {
  char letter = 'a';
  std::string text;
};

/// Why one wrong answer is wrong: a line `if ANSWER: REASON`.
struct Reason {
  std::string answer;  ///< a letter, a number, words, or "{client}"
  std::vector<std::string> text;
};

/// A question, or a prediction. A prediction may be wrong: it is recorded, and shown again after
/// the next activity, with the explanation. Any other question is repeated until its answer is
/// right.
struct Question {
  bool is_prediction = false;
  std::vector<Choice> choices;           ///< empty: the answer is a number or words
  std::vector<std::string> answers;      ///< the right ones: "b", "65535", "{client}"
  std::vector<Reason> reasons;           ///< of wrong answers
  std::vector<std::string> hints;        ///< shown one at a time
  std::vector<std::string> explanation;  ///< the lines `because:`
};

/// A value that is read from the output of the student's commands, for a later question.
struct Capture {
  std::string name;
  std::string pattern;  ///< a regular expression with one group: the value
};

/// What an activity needs and not every machine allows.
enum class Need : std::uint8_t {
  nothing,
  private_network,  ///< it changes settings of its network
  low_ports,        ///< it uses ports below 1024 as they are, not shifted
  office,           ///< portlab office: a private network, and the programs ip and nft
  smb,              ///< the office's shared folder (Samba)
  rdp,              ///< the office's remote desktop (FreeRDP)
};

/// Something to do at the shell's prompt, and the check that tells when it is done.
struct Activity {
  std::string host;  ///< of the office: where its shell is; empty: the lab has no office
  std::vector<std::string> commands;  ///< to type; empty: the text says what to do
  std::optional<std::string> output;  ///< what the commands print
  bool compares_output = true;        ///< false: the output is only shown where `missing` is set
  std::vector<Condition> conditions;
  std::vector<Capture> captures;
  // The following commands may begin with "on HOST:", where that is not `host`: split_host().
  std::vector<std::string> auto_commands;  ///< the lines `do:`: for --auto, without commands
  // For --selftest.
  std::vector<std::string> wrong_commands;  ///< `wrong:`: look right, must not pass the check
  std::vector<std::string> other_commands;  ///< `also:`: each passes, in place of all commands
  std::vector<std::string> hints;
  std::vector<std::string> explanation;  ///< the lines `why:`
  std::string next;         ///< what to do while the check fails; Condition::next comes before it
  std::string expectation;  ///< the line `expect:`: what the output shows, in words
  Need needs = Need::nothing;
  /// What `needs` and this machine does not have: "a private network, which this machine does not
  /// allow". Then the activity cannot be done, and its output from the file is shown instead.
  std::string missing;

  /// What --auto types, before captured values are put in.
  const std::vector<std::string>& commands_for_auto() const {
    return commands.empty() ? auto_commands : commands;
  }
};

/// A piece of a step: a text, and after it at most one task.
struct Part {
  int line = 0;          ///< in the file
  std::size_t step = 0;  ///< index in Lab::steps
  std::string text;      ///< Markdown
  std::variant<std::monostate, Question, Activity> task;
};

/// A word of the file in whose place each student gets one of several others.
struct Variation {
  std::string word;
  std::vector<std::string> choices;
};

struct Lab {
  std::string path;
  bool is_in_catalog = true;  ///< it comes with Portlab; false: another file
  std::string id;             ///< "5", "myth 3"
  std::string title;          ///< "HTTP on port 83"
  int minutes = 0;
  std::optional<std::vector<std::string>> servers;  ///< arguments of portlabd; nullopt: no portlabd
  bool has_office = false;  ///< `network: office`: it runs in an office, with the servers of that
  std::vector<std::string> office_with;  ///< the servers that it also has: "smb", "rdp"
  std::vector<Variation> variations;
  std::string deeper;              ///< of a myth: the number of the lab with more about it
  std::string introduction;        ///< Markdown before the first step
  std::vector<std::string> steps;  ///< their titles
  std::vector<Part> parts;
  std::string recap;           ///< Markdown after the last step
  std::string student_option;  ///< " --student ana": for commands that continue with this record
  std::int64_t version = 0;    ///< a hash of the file: changes with every edit

  bool is_myth() const { return id.starts_with("myth "); }
  /// Whether this step may be left out: no later step depends on it.
  bool is_optional(std::size_t step) const { return steps[step].ends_with("(for the curious)"); }
  /// "lab 5", "myth 3".
  std::string name() const { return is_myth() ? id : "lab " + id; }
  /// The arguments of portlab that start it: "lab 5", "lab my/lab.md --student ana".
  std::string command() const {
    return (is_in_catalog ? name() : (is_myth() ? "myth " : "lab ") + path) + student_option;
  }
  /// Its key in a student's record.
  const std::string& record_key() const { return is_in_catalog ? id : path; }
};

}  // namespace portlab::labs
