#pragma once
// A text as lines and words.

#include <string>
#include <string_view>
#include <vector>

namespace portlab::labs {

using Lines = std::vector<std::string>;

/// The lines of a text, without their line ends ("\n" or "\r\n").
Lines split_lines(std::string_view text);
/// The lines as one text: each with "\n" at its end.
std::string join_lines(const Lines& lines);
/// The words between blanks.
Lines split_words(std::string_view text);
/// Without blanks and line ends at both ends.
std::string trimmed(std::string_view text);

}  // namespace portlab::labs
