#pragma once
// Reads a request's head: request line, field lines and the empty line (RFC 9112 sections 2 to 5).
//
// The RFC allows a server to accept a bare LF as a line's end (section 2.2). This server does not:
// where two programs on the path may read the same bytes differently, requests can be smuggled
// (section 11.2). So each line must end in CR LF. Empty lines before a request are skipped, as
// section 2.2 asks.

#include <cstddef>
#include <string_view>

#include "servers/http/request.hpp"

namespace portlab::http {

/// Without its CRLF. RFC 9112 section 3 recommends at least 8,000.
inline constexpr std::size_t request_line_bytes_max = 8'000;
/// All field lines with their CRLFs; the empty line is not counted.
inline constexpr std::size_t fields_bytes_max = std::size_t{16} * 1024;
inline constexpr std::size_t fields_max = 100;
/// The longest registered method has 17 characters (UPDATEREDIRECTREF).
inline constexpr std::size_t method_bytes_max = 32;
/// Empty lines before a request.
inline constexpr std::size_t empty_lines_max = 4;

/// What is wrong with a field line (without its CRLF); nullopt if nothing is.
std::optional<HttpError> field_line_error(std::string_view line);

/// Reads one head into a Request, however the bytes are cut into packets. Each byte is looked at
/// once: a line is checked and stored as soon as it is complete.
class HeadReader {
 public:
  explicit HeadReader(Request& request) : request_(request) {}

  /// Reads on in `bytes`, which begin where the last call stopped. `used`: how many of them belong
  /// to complete lines of this head; the rest is passed again, with more behind it.
  ReadState read(std::string_view bytes, std::size_t& used);
  /// Valid after ReadState::refused.
  const HttpError& error() const { return error_; }

 private:
  ReadState read_line(std::string_view line_with_end);
  ReadState read_request_line(std::string_view line);
  ReadState read_field_line(std::string_view line);
  ReadState check_unfinished_line(std::string_view line);
  ReadState check_request_line_so_far(std::string_view line);
  ReadState finish();
  ReadState refuse(HttpError error);

  Request& request_;
  HttpError error_;
  std::size_t searched_ = 0;  // bytes of the unfinished line that contain no LF
  std::size_t fields_bytes_ = 0;
  unsigned empty_lines_ = 0;
};

}  // namespace portlab::http
