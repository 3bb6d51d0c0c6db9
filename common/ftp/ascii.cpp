#include "common/ftp/ascii.hpp"

#include <utility>

namespace portlab::ftp {

std::string AsciiEncoder::encode(std::string_view piece) {
  std::string out;
  out.reserve(piece.size() + piece.size() / 16);
  for (const char c : piece) {
    if (c == '\n' && !after_cr_) out += '\r';
    out += c;
    after_cr_ = c == '\r';
  }
  return out;
}

std::string AsciiDecoder::decode(std::string_view piece) {
  std::string out;
  out.reserve(piece.size() + 1);
  for (const char c : piece) {
    if (std::exchange(held_cr_, false) && c != '\n') out += '\r';
    if (c == '\r')
      held_cr_ = true;
    else
      out += c;
  }
  return out;
}

std::string AsciiDecoder::finish() { return std::exchange(held_cr_, false) ? "\r" : ""; }

}  // namespace portlab::ftp
