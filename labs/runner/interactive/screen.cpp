#include "labs/runner/interactive/screen.hpp"

#include <unistd.h>

#include <algorithm>
#include <limits>

#include "clients/cli/terminal.hpp"
#include "common/system/terminal_size.hpp"
#include "common/text.hpp"
#include "common/text_table.hpp"
#include "labs/runner/check/expected_output.hpp"
#include "labs/runner/model/markdown.hpp"
#include "labs/runner/model/port_shift.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

std::size_t screen_rows() {
  const auto size = terminal_size(STDOUT_FILENO);
  const bool is_known = size && size->rows != 0;
  return is_known ? size->rows : std::numeric_limits<std::size_t>::max() / 2;
}

std::size_t rows_of(std::string_view text, std::size_t columns) {
  std::size_t rows = 0;
  for (const auto& line : split_lines(text)) {
    const auto width = display_width(plain_text(line));
    rows += std::max<std::size_t>(1, (width + columns - 1) / columns);
  }
  return rows;
}

std::size_t rows_of(std::string_view text) { return rows_of(text, columns_of(STDOUT_FILENO)); }

std::vector<std::string> pages_of(const std::string& text, std::size_t rows, std::size_t columns) {
  std::vector<std::string> pages{""};
  std::string paragraph;
  const auto end_paragraph = [&] {
    const bool fits = rows_of(pages.back() + paragraph, columns) <= rows;
    if (!pages.back().empty() && !fits && !trimmed(paragraph).empty()) pages.emplace_back();
    pages.back() += paragraph;
    paragraph.clear();
  };
  for (const auto& line : split_lines(text)) {
    if (line.empty() && !paragraph.empty()) end_paragraph();
    paragraph += line + "\n";
  }
  end_paragraph();
  return pages;
}

std::size_t rows_of_task(const Part& part) {
  const auto* activity = std::get_if<Activity>(&part.task);
  if (activity == nullptr) return 1;
  if (!activity->missing.empty()) return 2 + rows_of(render_markdown(text_instead_of(*activity)));
  // "Type this", an empty line, the prompt, and the command at it, which may need a second row.
  std::size_t rows = 5;
  bool is_long = false;
  for (const auto& command : activity->commands) {
    rows += rows_of(command);
    is_long = is_long || command.find('\n') != std::string::npos;
  }
  // A label for each, and how to paste them.
  if (is_long) rows += 2 + activity->commands.size();
  return rows;
}

std::size_t rows_of_explanation(const Question& question) {
  constexpr std::size_t answer_rows = 3;
  return answer_rows + rows_of(render_markdown(join(question.explanation, " ")));
}

}  // namespace portlab::labs
