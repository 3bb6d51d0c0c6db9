#pragma once
// TYPE A (RFC 959 section 3.1.1.1): a line ends with CRLF on the wire and with LF in a file.

#include <string>
#include <string_view>

namespace portlab::ftp {

/// Writes CRLF for each LF. An LF after a CR gets no second CR, even if the two are in different
/// pieces.
class AsciiEncoder {
 public:
  /// The next piece in the form for the wire.
  std::string encode(std::string_view piece);

 private:
  bool after_cr_ = false;
};

/// The reverse: CRLF becomes LF; a CR without LF is kept.
class AsciiDecoder {
 public:
  /// The next piece in the form for a file. A CR at its end is held back until the next piece.
  std::string decode(std::string_view piece);
  /// At the end: the CR that was held back, or an empty string.
  std::string finish();

 private:
  bool held_cr_ = false;
};

}  // namespace portlab::ftp
