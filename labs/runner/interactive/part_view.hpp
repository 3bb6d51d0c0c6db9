#pragma once
// The parts of a lab on the screen: headlines, texts, the recap. Nothing scrolls away before it is
// read: where the next text would push something off the screen, it waits for Enter first.

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "labs/runner/interactive/question_prompt.hpp"
#include "labs/runner/model/captured_values.hpp"
#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

class PartView {
 public:
  /// Lab and values must outlive this object. In texts a name in braces is shown as its value.
  /// `name_after_place`: the student's, for the prompt of a pause: ", ana".
  /// `command_setting`: for commands that are typed at a pause.
  PartView(const Lab& lab, const CapturedValues& values, std::string name_after_place,
           std::function<CommandSetting()> command_setting)
      : lab_(lab),
        values_(values),
        name_(std::move(name_after_place)),
        command_setting_(std::move(command_setting)) {}

  /// Prints the text; before it the headline, unless a part of the same step was shown last.
  void show(const Part& part);
  /// The same, with pauses. Not Navigation::next: what was typed at a pause.
  Navigation show_in_pages(const Part& part);
  /// For "again": the headline, and what comes before this part; of a long output the middle is
  /// left out. As
  /// show_in_pages().
  Navigation show_before(const Part& part, const std::string& markdown, const std::string& output);
  /// The recap, which is followed by the summary.
  void show_recap();

  /// The next part begins with its headline.
  void repeat_headline() { shown_step_ = no_step; }
  /// So many rows at the end of the screen have not been confirmed by Enter.
  void keep_rows(std::size_t rows) { rows_to_keep_ = rows; }

 private:
  std::string text_of(const std::string& markdown) const;
  std::string place_of(std::size_t step) const;
  void show_headline(const Part& part);
  Navigation show_pages(const std::string& text, std::size_t headline_rows, std::size_t task_rows,
                        std::size_t step) const;
  Navigation pause(std::size_t step) const;

  static constexpr std::size_t no_step = static_cast<std::size_t>(-1);

  const Lab& lab_;
  const CapturedValues& values_;
  const std::string name_;
  const std::function<CommandSetting()> command_setting_;
  std::size_t shown_step_ = no_step;
  std::size_t rows_to_keep_ = 0;
};

}  // namespace portlab::labs
