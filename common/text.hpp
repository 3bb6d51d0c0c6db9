#pragma once
// Text for terminals and logs: UTF-8, control characters, and line breaks.

#include <string>
#include <string_view>

namespace portlab {

/// The length in bytes of the UTF-8 character at the beginning of the text (RFC 3629 section 4);
/// 0 if there is none. The text must not be empty.
std::size_t utf8_length(std::string_view text);
/// Whether the text is UTF-8. It may contain control characters.
bool is_utf8(std::string_view text);
/// Whether a character (in UTF-8) is a control character: C0, DEL, or C1. Terminals read U+009B of
/// C1 as the beginning of an escape sequence.
bool is_control(std::string_view character);

/// Makes a text of a peer safe to show, to log and to put into JSON: each control character, and
/// each byte that is not UTF-8, becomes a '?'. Cut to at most `bytes_max` bytes, between characters.
std::string displayable(std::string_view text, std::size_t bytes_max);

/// Breaks the text between words into lines of at most `columns` columns, and indents all lines but
/// the first.
std::string wrap(std::string_view text, unsigned columns, unsigned indent);

/// A line "  label     text" with a newline. Where the text is too long, it continues on the next
/// line, below itself.
std::string labelled(std::string_view label, std::string_view text, unsigned columns,
                     unsigned label_width = 12);

}  // namespace portlab
