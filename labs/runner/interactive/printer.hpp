#pragma once
// Output of the interactive runner: Markdown, hints and explanations, on stdout.

#include <string>
#include <vector>

#include "clients/cli/terminal.hpp"

namespace portlab::labs {

class Printer {
 public:
  Printer();

  const TextStyle& style() const { return style_; }
  /// Of the terminal, now.
  unsigned columns() const;
  /// Markdown as text for this terminal.
  std::string render(const std::string& markdown) const;
  /// Prints Markdown.
  void say(const std::string& markdown) const;
  /// Prints an empty line and a headline.
  void headline(const std::string& text) const;
  /// Prints the hint with this index, or, after the last one, `no_more`.
  void hint(const std::vector<std::string>& hints, std::size_t index,
            const std::string& no_more) const;
  /// Prints these lines as one paragraph, or `otherwise` where there are none.
  void explain(const std::vector<std::string>& lines, const std::string& otherwise = {}) const;

 private:
  const TextStyle style_;
};

}  // namespace portlab::labs
