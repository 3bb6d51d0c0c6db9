#include "labs/runner/interactive/question_prompt.hpp"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "clients/cli/terminal.hpp"
#include "labs/runner/check/answer.hpp"
#include "labs/runner/interactive/terminal_control.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

/// Blocks signals while it exists (sigprocmask(2)); ppoll(2) unblocks them while it waits. So no
/// signal arrives between a test of its flag and the wait.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t blocked;
    ::sigemptyset(&blocked);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&blocked, number);
    ::sigprocmask(SIG_BLOCK, &blocked, &mask_before_);
  }
  ~SignalsBlocked() { ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  const sigset_t& mask_before() const { return mask_before_; }

 private:
  sigset_t mask_before_{};
};

}  // namespace

std::optional<Navigation> parse_navigation(std::string_view word) {
  if (word == "back") return Navigation::back;
  if (word == "skip") return Navigation::skip;
  if (word == "reset") return Navigation::restart;
  if (word == "quit" || word == "exit") return Navigation::quit;
  return std::nullopt;
}

/// A line from stdin, trimmed; nothing at its end. Ctrl-C discards the line.
std::optional<std::string> QuestionPrompt::read_line(const std::string& prompt) {
  const SignalsBlocked blocked;
  take_interrupt();
  print(prompt);
  std::fflush(stdout);
  std::string line;
  for (;;) {
    pollfd ready{STDIN_FILENO, POLLIN, 0};
    if (::ppoll(&ready, 1, nullptr, &blocked.mask_before()) < 0) {
      throw_if_terminated();
      if (!take_interrupt()) continue;
      line.clear();
      print("\n(" + trimmed(printer_.render("`quit` leaves the lab; your progress is saved")) +
            ")\n" + prompt);
      std::fflush(stdout);
      continue;
    }
    char byte = 0;
    if (::read(STDIN_FILENO, &byte, 1) <= 0) return std::nullopt;
    if (byte == '\n') return trimmed(line);
    line += byte;
  }
}

bool QuestionPrompt::confirm(const std::string& consequence) {
  printer_.say(consequence);
  return read_line("Type yes to do that: ") == "yes";
}

Navigation QuestionPrompt::wait_for_enter(const std::string& place) {
  const auto prompt = printer_.style().paint(place + " Press Enter to continue: ", "2");
  for (;;) {
    const auto line = read_line(prompt);
    if (!line) return Navigation::quit;
    if (line->empty()) return Navigation::next;
    if (const auto navigation = parse_navigation(*line)) return *navigation;
    printer_.say("Press Enter to continue, or type `back`, `skip`, `reset` or `quit`.\n");
  }
}

Navigation QuestionPrompt::ask(const Question& question, const std::string& place, bool has_answer,
                               const std::function<bool(const std::string&)>& accepts) {
  hints_given_ = 0;
  const auto& style = printer_.style();
  const auto prompt = style.paint(place + " ", "2") + style.paint("Your answer: ", "1");
  for (;;) {
    const auto line = read_line(prompt);
    if (!line) return Navigation::quit;
    if (const auto navigation = parse_navigation(*line)) return *navigation;
    if (line->empty() && has_answer) return Navigation::next;
    const bool is_answer = !line->empty() && *line != "hint" && *line != "why" &&
                           !line->starts_with("portlab ") && is_valid_choice(question, *line);
    if (!is_answer)
      explain_prompt(question, *line);
    else if (accepts(*line))
      return Navigation::next;
  }
}

/// Replies to a line that is no answer.
void QuestionPrompt::explain_prompt(const Question& question, const std::string& line) {
  if (line == "hint")
    printer_.hint(question.hints, hints_given_++,
                  question.is_prediction ? "A prediction has no hints: just guess."
                                         : "There are no more hints; `skip` shows the answer.");
  else if (line == "why")
    printer_.say(question.is_prediction
                     ? "You need not know the answer: guess first, and then see what happens.\n"
                     : "The answer is in the output above; type `hint` for help.\n");
  else if (line.empty())
    printer_.say("Type your answer, or `hint`, `skip` or `quit`.");
  else if (line.starts_with("portlab "))
    printer_.say("Answer the question first; the shell's prompt comes after it.");
  else
    print("Please answer with " + letters_of(question) + ".\n");
}

}  // namespace portlab::labs
