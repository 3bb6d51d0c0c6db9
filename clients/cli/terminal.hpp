#pragma once
// What the terminal can show: Unicode, colour, how many columns.

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/text.hpp"

namespace portlab {

/// How text may look. Colour never stands alone: a word or a sign goes with it.
struct TextStyle {
  bool unicode = false;
  bool colour = false;

  std::string_view arrow() const { return unicode ? "\u2192" : "->"; }
  std::string_view back_arrow() const { return unicode ? "\u2190" : "<-"; }
  std::string_view separator() const { return unicode ? " \u00b7 " : ", "; }
  /// The text in an SGR style such as "1" (bold) or "32" (green), or as it is without colour.
  std::string paint(std::string_view text, std::string_view sgr) const;
};

/// The style for stdout (1) or stderr (2): Unicode if the locale is UTF-8; colour only on a
/// terminal, not with NO_COLOR, not on TERM=dumb.
TextStyle style_of(int descriptor);

/// How many columns the terminal behind this descriptor has, or the one that shows our output in
/// the end ($PORTLAB_COLUMNS: the tour's). Nothing where it is none, and lines may be long.
std::optional<unsigned> room_of(int descriptor);
/// The same; 80 where it is no terminal.
unsigned columns_of(int descriptor);

/// The text with everything that could steer a terminal (control characters, bytes that are not
/// UTF-8) made visible: for whatever a peer sent that is shown inside our own words.
std::string printable(std::string_view text);

/// Whether a terminal can show these bytes: no control characters but tab, line ends and form feed.
/// UTF-8 and other encodings pass.
bool is_showable(Bytes bytes);

/// The text with the control characters that is_showable refuses made visible: "\\x1b".
std::string showable(std::string_view text);

/// Nobody reads our output any more (portlab … | head): the program ends without a word.
struct OutputClosed {};

/// Writes to stdout, all of it. Throws a CommandError (a full disk: exit status 1) or OutputClosed.
void print(std::string_view text);

/// The document on one line, numbers as plain decimals.
std::string to_json_text(const boost::json::value& document);

/// Prints the one document of --json, and a newline.
void print_json(const boost::json::value& document);

}  // namespace portlab
