#include "labs/runner/voice.hpp"

#include <unistd.h>

#include "labs/runner/markdown.hpp"

namespace portlab::labs {

std::optional<Move> move_named(std::string_view word) {
  if (word == "back") return Move::back;
  if (word == "skip") return Move::skip;
  if (word == "reset") return Move::restart;
  if (word == "quit" || word == "exit") return Move::quit;
  return std::nullopt;
}

Voice::Voice() : style_(style_of(STDOUT_FILENO)) {}

unsigned Voice::columns() const { return columns_of(STDOUT_FILENO); }

std::string Voice::text(const std::string& markdown) const {
  return rendered(markdown, columns(), style_);
}

void Voice::say(const std::string& markdown) const { print(text(markdown)); }

void Voice::hint(const std::vector<std::string>& hints, std::size_t number,
                 const std::string& last_resort) const {
  if (number >= hints.size()) return say(last_resort);
  say("Hint " + std::to_string(number + 1) + " of " + std::to_string(hints.size()) + ": " +
      hints[number]);
}

void Voice::explain(const std::vector<std::string>& lines, const std::string& otherwise) const {
  std::string text;
  for (const auto& line : lines) text += (text.empty() ? "" : " ") + line;
  say(text.empty() ? otherwise : text);
}

}  // namespace portlab::labs
