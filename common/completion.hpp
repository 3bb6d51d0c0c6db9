#pragma once
// What may come next on a command line, for the completion of a shell: options, their values and
// operands, all read from the ManualPage.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/manual_page.hpp"

namespace portlab {

/// The candidates for a word in capitals of the operands, such as SERVICE; none where anything may
/// be typed, as for PORT.
using WordsFor = std::function<std::vector<TermText>(std::string_view word)>;

/// Where the shell itself completes: the names of files (or only of folders).
inline constexpr std::string_view complete_files = ":files";
inline constexpr std::string_view complete_folders = ":folders";

/// The candidates that begin with the last of `words`, which the user has begun to type (empty at
/// the beginning of a word). `words` are those after the program and its command.
std::vector<TermText> complete(const ManualPage& page, std::span<const std::string> words,
                               const WordsFor& words_for);

/// The services as candidates.
std::vector<TermText> service_candidates();

/// The candidates that begin with `typed`.
std::vector<TermText> beginning_with(std::string_view typed, std::vector<TermText> candidates);

/// For the shell: a line for each, the word and after a tab its meaning.
std::string completion_lines(const std::vector<TermText>& candidates);

}  // namespace portlab
