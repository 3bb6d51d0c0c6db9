// Lines are read by bash's `read -e`: GNU readline, with the keys, the history and the ~/.inputrc that
// the student has at the shell's prompt. Linking the library instead would put this program under its
// licence, the GPL; and bash is needed in any case.

#include "labs/runner/interactive/question_prompt.hpp"

#include <unistd.h>

#include <array>
#include <boost/regex.hpp>

#include "clients/cli/terminal.hpp"
#include "common/text.hpp"
#include "labs/runner/check/answer.hpp"
#include "labs/runner/interactive/bash_at_terminal.hpp"
#include "labs/runner/interactive/messages.hpp"
#include "labs/runner/model/markdown.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

using Words = std::vector<std::string>;

/// $1: the prompt; the others: the history. The Tab key types nothing: there are no files to name.
/// Bash warns that a shell that is not interactive has no line editing; `read -e` has it.
constexpr const char* read_script = R"bash(
for setting in 'set enable-bracketed-paste off' 'set disable-completion on' 'Tab: ""'; do
  bind "$setting" 2>/dev/null
done
prompt=$1
shift
for line; do history -s -- "$line"; done
IFS= read -er -p "$prompt" line || exit
printf %s "$line" >&3
)bash";

/// readline must not count the colours in a prompt as columns (bash(1), PROMPTING).
std::string with_colours_marked(const std::string& prompt) {
  static const boost::regex colour("\x1b\\[[0-9;]*m");
  return boost::regex_replace(prompt, colour, "\x01$0\x02");
}

/// A line, trimmed; nothing at the end of the input. Ctrl-C discards the line.
std::optional<std::string> read_line(const std::string& prompt, const Words& history = {}) {
  Words arguments{with_colours_marked(prompt)};
  arguments.insert(arguments.end(), history.begin(), history.end());
  for (;;) {
    const auto read = run_bash(read_script, arguments);
    if (!read.interrupted)
      return read.status == 0 ? std::optional(trimmed(read.written)) : std::nullopt;
    print("\n");
    say("(`quit` leaves the lab; your progress is saved)");
  }
}

constexpr const char* shell_signs = ";&<>`$";  // of the shell's grammar

/// Whether this command only shows something.
bool is_side_trip(const std::string& line) {
  static const boost::regex command(
      R"(portlab\s+(?:why|port|netstat|what|doctor|server\s+(?:listeners|sessions)|)"
      R"(office\s+(?:map|nat|netstat|rules))\b[^;&<>`$]*)");
  return boost::regex_match(line, command);
}

/// A command, not an answer: "portlab http ...", "netstat -an", "kill %1".
bool is_command(const std::string& line) {
  static const boost::regex command(
      R"(portlabd?\s.*|(?:sudo|curl|wget|dig|cat|man|ncat|nc|unshare)\s.+|\./\S.*|)"
      R"((?:netstat|ss|ls|ps|jobs|kill)(?:\s+-.*)?|(?:kill|wait|fg|bg)\s+[%$\d].*)");
  return boost::regex_match(line, command);
}

void run_side_trip(const std::string& line, const CommandSetting& setting) {
  if (setting.before_command.empty()) {
    run_bash(line, {}, setting.folder);
    return;
  }
  auto words = setting.before_command;
  words.insert(words.end(), {"bash", "-c", line});
  run_bash("\"$@\"", words, setting.folder);
}

/// Replies to a line that is no answer and no hint.
void explain_prompt(const Question& question, const std::string& line) {
  const auto word = lower_case(line);
  if (word == "hint")
    say(question.is_prediction ? "A prediction has no hints: just guess."
                               : "There are no more hints; `skip` shows the answer.");
  else if (word == "why")
    say(question.is_prediction
            ? "You need not know the answer: guess first, and then see what happens."
            : "The answer is in the output above; type `hint` for help.");
  else if (line.empty())
    say("Type your answer, or `hint`, `skip` or `quit`. `?` lists all words.");
  else if (is_side_trip(line.substr(0, line.find_first_of(shell_signs))))
    say("This is a question. Here a command runs alone: without the signs ; & < > $ and `.");
  else if (is_command(line))
    say("This is a question. Here you can run `portlab why`, `port`, `netstat`, `what` and "
        "`doctor`. Other commands run at the shell's prompt: answer first, or type `back`.");
  else
    print("Please answer with " + letters_of(question) + ", or with the words of one of them.\n");
}

bool is_word(const std::string& line) {
  const auto word = lower_case(line);
  return word == "hint" || word == "why";
}

/// Adds a line to the history, unless it repeats the one before.
void remember(const std::string& line, Words& history) {
  constexpr std::size_t lines_max = 100;
  if (line.empty() || (!history.empty() && history.back() == line)) return;
  if (history.size() == lines_max) history.erase(history.begin());
  history.push_back(line);
}

bool asks_for_help(const std::string& line) { return line == "?" || lower_case(line) == "help"; }

}  // namespace

std::optional<Navigation> parse_navigation(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, Navigation>, 6> words{
      {{"back", Navigation::back},
       {"skip", Navigation::skip},
       {"reset", Navigation::restart},
       {"quit", Navigation::quit},
       {"exit", Navigation::quit},
       {"again", Navigation::again}}};
  for (const auto& [text, navigation] : words)
    if (equal_ignoring_case(word, text)) return navigation;
  return std::nullopt;
}

bool confirm(const std::string& consequence) {
  say(consequence);
  const auto line = read_line("Type yes to do that: ").value_or("");
  if (equal_ignoring_case(line, "yes") || equal_ignoring_case(line, "y")) return true;
  say("Nothing was changed.");
  return false;
}

Navigation wait_for_enter(const std::string& place, const CommandSetting& setting) {
  const auto prompt =
      style_of(STDOUT_FILENO).paint("(" + place + ") Press Enter to continue: ", "2");
  for (;;) {
    const auto line = read_line(prompt);
    if (!line) return Navigation::quit;
    if (line->empty()) return Navigation::next;
    if (const auto navigation = parse_navigation(*line)) return *navigation;
    if (is_side_trip(*line)) {
      run_side_trip(*line, setting);
      continue;
    }
    say("Press Enter to continue, or type `back`, `skip`, `again`, `reset` or `quit`.");
    if (is_command(*line))
      say("Here you can run `portlab why`, `port`, `netstat`, `what` and `doctor`. Other commands "
          "run at the shell's prompt.");
  }
}

void wait_for_enter_alone(const std::string& prompt) {
  read_line(style_of(STDOUT_FILENO).paint(prompt, "2"));
}

Navigation ask(const Question& question, const QuestionSetting& setting,
               const std::function<bool(const std::string&)>& accepts) {
  const auto style = style_of(STDOUT_FILENO);
  const auto prompt =
      style.paint("(" + setting.place + ") ", "2") + style.paint("Your answer: ", "1");
  std::size_t hints = 0;  // shown here
  for (;;) {
    const auto line = read_line(prompt, setting.history);
    if (!line) return Navigation::quit;
    if (equal_ignoring_case(*line, "exit")) {
      say("There is no shell to leave here. `quit` leaves the lab.");
      continue;
    }
    if (const auto navigation = parse_navigation(*line)) return *navigation;
    if (line->empty() && setting.has_answer) return Navigation::next;
    remember(*line, setting.history);
    if (asks_for_help(*line)) {
      setting.show_help();
    } else if (is_side_trip(*line)) {
      run_side_trip(*line, setting.commands);
    } else if (equal_ignoring_case(*line, "hint") && hints < question.hints.size()) {
      print_hint(question.hints, hints++);
      ++setting.hints;
    } else if (!line->empty() && !is_word(*line) && !is_command(*line) &&
               is_valid_choice(question, *line)) {
      if (accepts(*line)) return Navigation::next;
    } else {
      explain_prompt(question, *line);
    }
  }
}

}  // namespace portlab::labs
