#pragma once
// TYPE A, the text of RFC 959 section 3.1.1.1: lines end with CRLF on the wire, with LF here.

#include <string>
#include <string_view>

namespace portlab::ftp {

/// Gives every LF of a text its CR. A line that has its CR already keeps it alone, also where the
/// two lie in different pieces.
class AsciiEncoder {
 public:
  /// The next piece as it goes on the wire.
  std::string encode(std::string_view piece);

 private:
  bool after_cr_ = false;
};

/// The way back: CRLF becomes LF, a lone CR stays.
class AsciiDecoder {
 public:
  /// The next piece as it is kept here. A CR at its end waits for what follows.
  std::string decode(std::string_view piece);
  /// The CR that still waits when nothing follows, else nothing.
  std::string finish();

 private:
  bool cr_waits_ = false;
};

}  // namespace portlab::ftp
