#include "labs/runner/interactive/question_prompt.hpp"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "clients/cli/terminal.hpp"
#include "labs/runner/check/check_answer.hpp"
#include "labs/runner/shell/termination.hpp"

namespace portlab::labs {

namespace {

volatile std::sig_atomic_t interrupted = 0;

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

/// Keeps the signals that end a line or the lab waiting, while this lives.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t held;
    ::sigemptyset(&held);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&held, number);
    ::sigprocmask(SIG_BLOCK, &held, &before_);
  }
  ~SignalsHeld() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

}  // namespace

QuestionPrompt::QuestionPrompt(const Printer& printer) : printer_(printer) {
  struct sigaction on_interrupt {};
  on_interrupt.sa_handler = [](int) { interrupted = 1; };
  ::sigaction(SIGINT, &on_interrupt, nullptr);
  std::signal(SIGQUIT, SIG_IGN);
}

// The signals come only while ppoll() waits: between a look and a read() none can get lost.
std::optional<std::string> QuestionPrompt::ask_line(const std::string& prompt) {
  const SignalsHeld held;
  interrupted = 0;
  print(prompt);
  std::fflush(stdout);
  std::string line;
  for (;;) {
    pollfd ready{STDIN_FILENO, POLLIN, 0};
    if (::ppoll(&ready, 1, nullptr, &held.before()) < 0) {
      throw_if_terminated();
      if (!was_interrupted()) continue;
      line.clear();
      print("\n(" + printer_.text("`quit` leaves the lab; your place is kept") + ")\n" + prompt);
      std::fflush(stdout);
      continue;
    }
    char byte = 0;
    if (::read(STDIN_FILENO, &byte, 1) <= 0) return std::nullopt;
    if (byte == '\n') return trimmed(line);
    line += byte;
  }
}

bool QuestionPrompt::confirms(const std::string& what) {
  printer_.say(what);
  return ask_line("Type yes for that: ") == "yes";
}

bool QuestionPrompt::was_interrupted() {
  const bool was = interrupted != 0;
  interrupted = 0;
  return was;
}

Move QuestionPrompt::read_on(const std::string& place) {
  for (;;) {
    const auto line = ask_line(printer_.style().paint(place + " Enter goes on: ", "2"));
    if (!line) return Move::quit;
    if (line->empty()) return Move::next;
    if (const auto move = move_named(*line)) return *move;
    printer_.say(
        "Here is only something to read: Enter goes on. `back`, `skip`, `reset` and `quit` are "
        "words "
        "that are known here.\n");
  }
}

Move QuestionPrompt::answer(const Question& question, const std::string& place, bool may_stay,
                            const std::function<bool(const std::string&)>& take) {
  hints_given_ = 0;
  const auto prompt =
      printer_.style().paint(place + " ", "2") + printer_.style().paint("Your answer: ", "1");
  for (;;) {
    const auto line = ask_line(prompt);
    if (!line) return Move::quit;
    if (const auto move = move_named(*line)) return *move;
    if (*line == "hint") {
      printer_.hint(question.hints, hints_given_++,
                    question.is_prediction ? "A prediction needs no hint: a guess will do."
                                           : "There is no further hint; `skip` shows the answer.");
    } else if (*line == "why") {
      printer_.say(question.is_prediction
                       ? "A prediction needs no knowledge: it makes you look. What happens then is "
                         "shown beside it.\n"
                       : "The answer stands on your screen, or follows from it; `hint` leads "
                         "there.\n");
    } else if (line->empty()) {
      if (may_stay) return Move::next;
      printer_.say("Type your answer, or `hint`, `skip`, `quit`.");
    } else if (line->starts_with("portlab ")) {
      printer_.say("Here a question waits for its answer. The shell's prompt comes after it.");
    } else if (!is_one_of_the_choices(question, *line)) {
      print("Please answer with " + letters_of(question) + ".\n");
    } else if (take(*line)) {
      return Move::next;
    }
  }
}

}  // namespace portlab::labs
