#include "labs/runner/interactive/printer.hpp"

#include <unistd.h>

#include "labs/runner/model/markdown.hpp"

namespace portlab::labs {

std::optional<Move> move_named(std::string_view word) {
  if (word == "back") return Move::back;
  if (word == "skip") return Move::skip;
  if (word == "reset") return Move::restart;
  if (word == "quit" || word == "exit") return Move::quit;
  return std::nullopt;
}

Printer::Printer() : style_(style_of(STDOUT_FILENO)) {}

unsigned Printer::columns() const { return columns_of(STDOUT_FILENO); }

std::string Printer::text(const std::string& markdown) const {
  return rendered(markdown, columns(), style_);
}

void Printer::say(const std::string& markdown) const { print(text(markdown)); }

void Printer::hint(const std::vector<std::string>& hints, std::size_t number,
                   const std::string& last_resort) const {
  if (number >= hints.size()) return say(last_resort);
  say("Hint " + std::to_string(number + 1) + " of " + std::to_string(hints.size()) + ": " +
      hints[number]);
}

void Printer::explain(const std::vector<std::string>& lines, const std::string& otherwise) const {
  std::string text;
  for (const auto& line : lines) text += (text.empty() ? "" : " ") + line;
  say(text.empty() ? otherwise : text);
}

}  // namespace portlab::labs
