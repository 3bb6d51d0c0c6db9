#pragma once
// How the runner speaks to the student, and the words with which the student moves through a lab.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/terminal.hpp"

namespace portlab::labs {

/// Where the student wants to go.
enum class Move { next, back, skip, restart, quit };

/// "back", "skip", "reset", "quit"; nothing: another word.
std::optional<Move> move_named(std::string_view word);

class Printer {
 public:
  Printer();

  const TextStyle& style() const { return style_; }
  unsigned columns() const;
  /// Markdown as text for this terminal.
  std::string text(const std::string& markdown) const;
  void say(const std::string& markdown) const;
  /// The hint with this number, or, beyond the last one, the last resort.
  void hint(const std::vector<std::string>& hints, std::size_t number,
            const std::string& last_resort) const;
  /// These lines as a paragraph.
  void explain(const std::vector<std::string>& lines, const std::string& otherwise) const;

 private:
  const TextStyle style_;
};

}  // namespace portlab::labs
