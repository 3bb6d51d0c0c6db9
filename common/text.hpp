#pragma once
// Text that people see: UTF-8, what of it may be shown, and lines that fit.

#include <string>
#include <string_view>

namespace portlab {

/// The bytes of the UTF-8 character that a text (not an empty one) begins with (RFC 3629 section
/// 4); 0: it begins with none.
std::size_t utf8_length(std::string_view text);
/// Whether all of this is UTF-8, control characters included.
bool is_utf8(std::string_view text);
/// Whether one character is a control character: C0, DEL, and C1 (U+009B starts an escape sequence
/// as ESC [ does).
bool is_control(std::string_view character);

/// A text from a peer as it can be shown, logged and put into JSON: UTF-8 without control
/// characters (a '?' stands for what is neither), cut to `bytes_max` between two characters.
std::string displayable(std::string_view text, std::size_t bytes_max);

/// The text broken at words into lines of at most `columns` columns, all but the first indented.
std::string wrap(std::string_view text, unsigned columns, unsigned indent);

/// A line "  label     text …" with the text in columns of its own, broken as wrap does; and a
/// newline.
std::string labelled(std::string_view label, std::string_view text, unsigned columns,
                     unsigned label_width = 12);

}  // namespace portlab
