#include "labs/runner/interactive/question_task.hpp"

#include <boost/algorithm/string/join.hpp>
#include <ctime>
#include <utility>

#include "clients/cli/terminal.hpp"
#include "common/text.hpp"
#include "labs/runner/check/answer.hpp"
#include "labs/runner/check/answer_words.hpp"
#include "labs/runner/interactive/resume.hpp"
#include "labs/runner/model/markdown.hpp"

namespace portlab::labs {

namespace {

constexpr std::size_t answer_max = 1000;  // bytes, in the record
constexpr std::size_t wrong_max = 50;     // wrong answers to one question, in the record

/// Whether the question had this answer with this meaning: the letters of a file that was edited may
/// have changed.
bool means_the_same(const Question& question, const GivenAnswer& given,
                    const CapturedValues& values) {
  return given.answer_text == with_values(answer_text(question, given.answer), values);
}

/// The lines `because:`.
std::string explanation_of(const Question& question, const CapturedValues& values) {
  return with_values(boost::algorithm::join(question.explanation, " "), values);
}

}  // namespace

QuestionTask::QuestionTask(const Lab& lab, LabRecord& record, const LabEnvironment& environment,
                           std::function<CommandSetting()> command_setting,
                           std::function<void()> save,
                           std::function<void(const Question&)> show_help)
    : lab_(lab),
      record_(record),
      values_(environment.captured_values()),
      command_setting_(std::move(command_setting)),
      save_(std::move(save)),
      show_help_(std::move(show_help)) {}

Navigation QuestionTask::run(const Part& part, const Question& question, const std::string& place) {
  const auto* before = record_.answer_at(record_.part);
  const bool was_answered =
      before != nullptr && before->tries > 0 && means_the_same(question, *before, values_);
  const bool is_right_now = was_answered && is_right(question, before->answer, values_);
  const bool can_be_kept = was_answered && (question.is_prediction || is_right_now);
  if (can_be_kept)
    say("You answered before: " + answer_text(question, before->answer) + " (Enter keeps it)");
  else if (was_answered && before->was_right)
    say("You answered before: " + before->answer_text +
        ". That was right then. Now the output shows another value.");
  auto asked = question;
  for (auto& hint : asked.hints) hint = with_values(hint, values_);
  return ask(asked,
             {.place = place,
              .commands = command_setting_(),
              .has_answer = can_be_kept,
              .show_help = [&] { show_help_(question); },
              .history = history_,
              .hints = record_.hints},
             [&](const std::string& answer) { return accept(part, question, answer); });
}

void QuestionTask::skip(const Part& part, const Question& question) {
  record_.add_skipped(record_.part);
  auto& given = given_answer(part, question);
  if (question.is_prediction) return;
  close(given, question);
  say("The answer: " + given.right_text);
  say(explanation_of(question, values_));
  print("\n");
}

void QuestionTask::say_answer(const Question& question, const GivenAnswer& given) const {
  say((question.is_prediction ? "You predicted: " : "You answered: ") +
      answer_text(question, given.answer));
}

void QuestionTask::reveal_prediction() {
  const auto which = find_open_prediction(record_, lab_);
  if (!which) return;
  auto* given = record_.answer_at(*which);
  const auto& question = std::get<Question>(lab_.parts[*which].task);
  const bool is_first_time = given->is_open();
  close(*given, question);
  print("\n");
  if (given->tries > 0) {
    const bool right = is_right(question, given->answer, values_);
    if (is_first_time) given->was_right = right;
    say_answer(question, *given);
    const auto reason = reason_for(question, given->answer, values_);
    const auto wrong = reason.empty() ? std::string("Not this time.") : "Not this time: " + reason;
    say((right ? "**Right.**" : wrong) + " " + explanation_of(question, values_));
    if (right && !given->was_right)
      say("(It does not count: the result was known when you changed your prediction.)");
  } else {
    say("The answer: " + given->right_text);
    say(explanation_of(question, values_));
  }
  print("\n");
}

/// From now on the student knows the right answer.
void QuestionTask::close(GivenAnswer& given, const Question& question) const {
  given.right = right_answers(question, values_);
  given.right_text = with_values(right_text(question, values_), values_);
}

/// The record of the answer at this part, with no try yet if it is new.
GivenAnswer& QuestionTask::given_answer(const Part& part, const Question& question) {
  auto* given = record_.answer_at(record_.part);
  if (given == nullptr) {
    GivenAnswer empty;
    empty.part = record_.part;
    empty.step = part.step + 1;
    empty.question = part.text;
    empty.prediction = question.is_prediction;
    record_.answers.push_back(std::move(empty));
    given = &record_.answers.back();
  }
  const auto asked = with_values(part.text, values_);
  given->asked = asked == part.text ? "" : asked;
  return *given;
}

void QuestionTask::record_answer(const Part& part, const Question& question,
                                 const std::string& answer) {
  auto& given = given_answer(part, question);
  const bool is_untested = question.is_prediction && given.is_open();
  if (given.tries > 0 && !given.was_right && !is_untested && given.wrong.size() < wrong_max)
    given.wrong.push_back(given.answer_text.empty() ? given.answer : given.answer_text);
  const auto before = given.answer;
  const auto letter = letter_of(question, answer);
  given.answer = displayable(letter.empty() ? answer : letter, answer_max);
  given.answer_text = displayable(with_values(answer_text(question, answer), values_), answer_max);
  if (question.is_prediction) {  // one that is changed when the result is known does not count
    given.was_right = given.was_right && given.answer == before;
  } else {
    given.was_right = is_right(question, answer, values_);
    if (given.was_right)
      close(given, question);
    else
      given.right = given.right_text = "";
  }
  given.time = std::time(nullptr);
  ++given.tries;
  save_();
}

/// Records the answer and says what is right about it. True: the lab goes on.
bool QuestionTask::accept(const Part& part, const Question& question, const std::string& answer) {
  if (!question.is_prediction && !names_in(right_answers(question, values_)).empty()) {
    say("The lab has not seen this value yet: type `back` and do the step before once more, or "
        "`skip`.");
    return false;
  }
  const auto first_right = with_values(question.answers.front(), values_);
  const bool lacks_number =
      question.choices.empty() && is_number(first_right) && count_numbers(answer) != 1;
  const auto reason = question.is_prediction ? "" : reason_for(question, answer, values_);
  if (lacks_number && reason.empty()) {
    say(question.is_prediction ? "Type one number: a guess is welcome."
                               : "Type one number. Try again, or type `hint`.");
    return false;
  }
  record_answer(part, question, answer);
  if (question.is_prediction) {
    say("Noted: " + displayable(answer_text(question, answer), answer_max));
    say("Now see what happens.");
    return true;
  }
  if (is_right(question, answer, values_)) {
    say("**Right.** " + explanation_of(question, values_));
    print("\n");
    return true;
  }
  say((reason.empty() ? "Not quite." : "**No.** " + reason) + " Try again, or type `hint`.");
  return false;
}

}  // namespace portlab::labs
