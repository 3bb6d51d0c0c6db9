#include "labs/runner/interactive/part_view.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/regex.hpp>

#include "clients/cli/terminal.hpp"
#include "labs/runner/interactive/messages.hpp"
#include "labs/runner/interactive/screen.hpp"
#include "labs/runner/model/markdown.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

/// The text, in which commands that start a lab or a myth go on with the same record:
/// "`portlab lab 5`" becomes "`portlab lab 5 --student ana`".
std::string with_student(const std::string& text, const std::string& option) {
  static const boost::regex command("`portlab (?:lab|myth) (?:\\d+|next)(?=`)");
  if (option.empty()) return text;
  return boost::regex_replace(text, command,
                              [&](const boost::smatch& found) { return found.str() + option; });
}

}  // namespace

std::string PartView::text_of(const std::string& markdown) const {
  if (markdown.empty()) return "";
  return render_markdown(with_student(with_values(markdown, values_), lab_.student_option)) + "\n";
}

std::string PartView::place_of(std::size_t step) const {
  return std::to_string(step + 1) + "/" + std::to_string(lab_.steps.size());
}

void PartView::show_headline(const Part& part) {
  if (part.step == shown_step_) return print("\n");
  print_headline("Step " + place_of(part.step) + " of " + lab_.name() + ": " +
                 lab_.steps[part.step]);
  if (lab_.is_optional(part.step)) say("(This step is optional: `skip` goes to the next one.)\n\n");
  shown_step_ = part.step;
}

void PartView::show(const Part& part) {
  show_headline(part);
  print(text_of(part.text));
}

Navigation PartView::show_in_pages(const Part& part) {
  const std::size_t headline_rows = lab_.is_optional(part.step) ? 5 : 3;
  const auto text = text_of(part.text);
  const auto task_rows = rows_of_task(part);
  const auto needed = headline_rows + rows_of(text) + task_rows;
  if (rows_to_keep_ > 0 && rows_to_keep_ + needed > screen_rows())
    if (const auto navigation = pause(part.step); navigation != Navigation::next) return navigation;
  rows_to_keep_ = 0;
  show_headline(part);
  return show_pages(text, headline_rows, task_rows, part.step);
}

/// The text in pages. Above the first one is a headline, below the last one the prompt of a task.
Navigation PartView::show_pages(const std::string& text, std::size_t headline_rows,
                                std::size_t task_rows, std::size_t step) const {
  constexpr std::size_t rows_min = 5;
  const auto rows = std::max(screen_rows(), headline_rows + task_rows + rows_min);
  const auto columns = columns_of(STDOUT_FILENO);
  auto pages = pages_of(text, rows - headline_rows - 1, columns);
  const auto above = pages.size() == 1 ? headline_rows : 1;
  if (above + rows_of(pages.back()) + task_rows > rows) {
    const auto pieces = pages_of(pages.back(), rows - above - task_rows, columns);
    pages.pop_back();
    pages.insert(pages.end(), pieces.begin(), pieces.end());
  }
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (i > 0)
      if (const auto navigation = pause(step); navigation != Navigation::next) return navigation;
    print(pages[i]);
  }
  return Navigation::next;
}

Navigation PartView::show_before(const Part& part, const std::string& markdown,
                                 const std::string& output) {
  constexpr std::size_t other_rows = 8;  // the headline, the prompt
  const auto text = text_of(trimmed(markdown));
  auto lines = split_lines(output);
  const auto lines_max =
      std::clamp<std::size_t>(std::max(screen_rows(), other_rows) - other_rows, 10, 40);
  if (text.empty() && lines.empty()) return Navigation::next;
  show_headline(part);
  auto navigation = show_pages(text, other_rows, 1, part.step);
  if (navigation != Navigation::next || lines.empty()) return navigation;
  if (lines.size() > lines_max) {  // the first lines show both ends of a session
    constexpr std::ptrdiff_t first = 5;
    const auto end = lines.end() - static_cast<std::ptrdiff_t>(lines_max) + first + 1;
    lines.erase(lines.begin() + first, end);
    lines.insert(lines.begin() + first, "...");
  }
  if (rows_of(text) + lines.size() + other_rows > screen_rows())
    if (navigation = pause(part.step); navigation != Navigation::next) return navigation;
  print("\nThe last output:\n" + join_lines(lines));
  keep_rows(lines.size() + 2);
  return navigation;
}

/// To skip a pause is to go on.
Navigation PartView::pause(std::size_t step) const {
  const auto navigation = wait_for_enter(place_of(step) + name_, command_setting_());
  return navigation == Navigation::skip ? Navigation::next : navigation;
}

void PartView::show_recap() {
  constexpr std::size_t headline_rows = 3, summary_rows = 12;
  if (lab_.recap.empty()) return;
  const auto text = text_of(lab_.recap);
  const auto rows = headline_rows + rows_of(text);
  if (rows_to_keep_ > 0 && rows_to_keep_ + rows > screen_rows())
    wait_for_enter_alone("Press Enter for the recap: ");
  print_headline("Recap");
  print(text);
  if (rows + summary_rows > screen_rows()) wait_for_enter_alone("Press Enter for the summary: ");
}

}  // namespace portlab::labs
