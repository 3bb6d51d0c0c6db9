#include "labs/runner/interactive/printer.hpp"

#include <unistd.h>

#include "labs/runner/model/markdown.hpp"

namespace portlab::labs {

Printer::Printer() : style_(style_of(STDOUT_FILENO)) {}

unsigned Printer::columns() const { return columns_of(STDOUT_FILENO); }

std::string Printer::render(const std::string& markdown) const {
  return render_markdown(markdown, columns(), style_);
}

void Printer::say(const std::string& markdown) const { print(render(markdown)); }

void Printer::headline(const std::string& text) const {
  print("\n" + style_.paint(text, "1") + "\n\n");
}

void Printer::hint(const std::vector<std::string>& hints, std::size_t index,
                   const std::string& no_more) const {
  if (index >= hints.size()) return say(no_more);
  say("Hint " + std::to_string(index + 1) + " of " + std::to_string(hints.size()) + ": " +
      hints[index]);
}

void Printer::explain(const std::vector<std::string>& lines, const std::string& otherwise) const {
  std::string text;
  for (const auto& line : lines) text += (text.empty() ? "" : " ") + line;
  say(text.empty() ? otherwise : text);
}

}  // namespace portlab::labs
