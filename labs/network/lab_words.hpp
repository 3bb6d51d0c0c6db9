#pragma once
// The words that belong to a lab: at the prompt of its shell they are commands. In other shells of
// the lab's network they only say where they work.

#include <array>
#include <string>
#include <string_view>

namespace portlab {

constexpr std::array<std::string_view, 8> lab_words{"hint", "why",  "again", "help",
                                                    "back", "skip", "reset", "quit"};

/// An exported function of bash, as an environment variable: its name and its value.
struct ExportedFunction {
  std::string name;   ///< "BASH_FUNC_hint%%"
  std::string value;  ///< "() { … }"
};

/// The function for a word of the lab in a shell at which the word does nothing: prints `where`, if
/// the shell is interactive; in a script the word keeps its meaning. `where` has no quotes.
inline ExportedFunction explaining_function(std::string_view word, const std::string& where) {
  const std::string name(word);
  return {"BASH_FUNC_" + name + "%%", "() { case $- in *i*) echo '" + name + ": " + where +
                                          "' >&2 ;; *) command " + name + " \"$@\" ;; esac; }"};
}

}  // namespace portlab
