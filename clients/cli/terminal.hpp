#pragma once
// Output on the terminal: Unicode, colour, columns, JSON.

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/text.hpp"

namespace portlab {

/// The style of texts. Colour is never the only sign: a word goes with it.
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

/// The columns of the terminal of this descriptor, or of the one that finally shows the output
/// ($PORTLAB_COLUMNS, set by the tour). Nothing when there is no terminal, and lines may be long.
std::optional<unsigned> room_of(int descriptor);
/// The same; 80 without a terminal.
unsigned columns_of(int descriptor);

/// The text with control characters and bytes that are not UTF-8 made visible: for texts of a peer
/// inside a message.
std::string printable(std::string_view text);

/// Whether a terminal can show these bytes: no control characters except tab, line ends and form
/// feed. Any encoding is accepted.
bool is_showable(Bytes bytes);

/// The text with the control characters that is_showable() rejects made visible: "\\x1b".
std::string showable(std::string_view text);

/// Thrown when stdout is a closed pipe (portlab … | head): the program ends without a message.
struct OutputClosed {};

/// Writes to stdout, all of it. Throws a CommandError (a full disk: exit status 1) or OutputClosed.
void print(std::string_view text);

/// Prints the one document of --json, and a newline.
void print_json(const boost::json::value& document);

/// Bytes of a peer that are kept, up to a limit, for the document of --json.
class CapturedText {
 public:
  void add(Bytes bytes);

  /// All the bytes; null when they are not UTF-8, which JSON needs, or more than bytes_max.
  boost::json::value to_json() const;
  /// How many bytes there were, kept or not.
  std::uint64_t bytes() const { return bytes_; }

  static constexpr std::size_t bytes_max = 1024 * 1024;

 private:
  std::string kept_;
  std::uint64_t bytes_ = 0;
};

}  // namespace portlab
