#pragma once
// The questions and predictions of a lab that is done at a terminal: asked, recorded, and answered
// by the lab.

#include <functional>
#include <string>
#include <vector>

#include "labs/runner/interactive/question_prompt.hpp"
#include "labs/runner/model/captured_values.hpp"
#include "labs/runner/model/lab.hpp"
#include "labs/runner/record/lab_record.hpp"
#include "labs/runner/shell/lab_environment.hpp"

namespace portlab::labs {

class QuestionTask {
 public:
  /// `command_setting`: for commands that are typed at a question. `save` writes the record. All
  /// references must outlive this object.
  QuestionTask(const Lab& lab, LabRecord& record, const LabEnvironment& environment,
               std::function<CommandSetting()> command_setting, std::function<void()> save,
               std::function<void(const Question&)> show_help);

  /// Asks the question of the current part until the lab can go on. An answer that was given before
  /// may be kept if it is still right, or is a prediction. `place`: for the prompt.
  Navigation run(const Part& part, const Question& question, const std::string& place);
  /// Records that it was skipped, and shows the right answer; of a prediction only after its
  /// experiment.
  void skip(const Part& part, const Question& question);
  /// "You answered: 40000".
  void say_answer(const Question& question, const GivenAnswer& given) const;
  /// Shows the prediction that the activity of the current part has tested: whether it was right,
  /// and why.
  void reveal_prediction();

 private:
  void close(GivenAnswer& given, const Question& question) const;
  GivenAnswer& given_answer(const Part& part, const Question& question);
  void record_answer(const Part& part, const Question& question, const std::string& answer);
  bool accept(const Part& part, const Question& question, const std::string& answer);

  const Lab& lab_;
  LabRecord& record_;
  const CapturedValues& values_;
  const std::function<CommandSetting()> command_setting_;
  const std::function<void()> save_;
  const std::function<void(const Question&)> show_help_;
  std::vector<std::string> history_;  ///< the lines typed at questions
};

}  // namespace portlab::labs
