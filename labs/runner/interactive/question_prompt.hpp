#pragma once
// The lab's own prompt: for what is only to be read, and for questions.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "labs/runner/interactive/printer.hpp"
#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

class QuestionPrompt {
 public:
  /// The voice must outlive it. From now on Ctrl-C takes back a line that is typed here, and no
  /// more.
  explicit QuestionPrompt(const Printer& printer);

  /// Until Enter, or a word that leads elsewhere. `place` says how far the student is: "3/9".
  Move read_on(const std::string& place);
  /// Until `take` accepts an answer, or a word leads elsewhere. With `may_stay`, Enter alone goes
  /// on.
  Move answer(const Question& question, const std::string& place, bool may_stay,
              const std::function<bool(const std::string&)>& take);
  /// Whether "yes" is answered to this.
  bool confirms(const std::string& what);
  /// Whether Ctrl-C was pressed since this was asked last, or a line was asked for.
  static bool was_interrupted();
  /// To the last question.
  unsigned hints_given() const { return static_cast<unsigned>(hints_given_); }

 private:
  /// A line of the student's; nothing: the end of the input.
  std::optional<std::string> ask_line(const std::string& prompt);

  const Printer& printer_;
  std::size_t hints_given_ = 0;
};

}  // namespace portlab::labs
