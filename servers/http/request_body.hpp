#pragma once
// Reads a request's body to its end, by its length or by its chunks (RFC 9112 sections 6 and 7), so
// that the next request is found where it begins.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "servers/http/request.hpp"

namespace portlab::http {

/// A chunk's size with its extensions, without the CRLF.
inline constexpr std::size_t chunk_line_bytes_max = 256;
/// The field lines after the last chunk, with their CRLFs.
inline constexpr std::size_t trailer_bytes_max = std::size_t{4} * 1024;

/// Reads the body that a complete head announces, however the bytes are cut into packets.
class BodyReader {
 public:
  /// `kept`: what is stored in `request.body`.
  BodyReader(Request& request, BodyKept kept);

  /// Reads on in `bytes`, which begin where the last call stopped. `used`: how many of them were
  /// read; the rest is passed again, with more behind it.
  ReadState read(std::string_view bytes, std::size_t& used);
  /// Valid after ReadState::refused.
  const HttpError& error() const { return error_; }
  /// Bytes of content so far, without the chunks' framing.
  std::uint64_t content_bytes() const { return content_bytes_; }

 private:
  /// What comes next. A body with a Content-Length has data only.
  enum class Part : std::uint8_t { chunk_line, data, chunk_end, trailers, nothing };

  ReadState read_part(std::string_view bytes, std::size_t& used);
  std::size_t read_data(std::string_view bytes);
  ReadState read_line(std::string_view bytes, std::size_t& used);
  ReadState read_chunk_line(std::string_view line);
  ReadState read_trailer(std::string_view line);
  ReadState refuse(HttpError error);

  Request& request_;
  const BodyKept kept_;
  Part part_;
  HttpError error_;
  std::uint64_t data_left_ = 0;      // of this chunk, or of the body
  std::uint64_t content_bytes_ = 0;  // data that has been read
  std::uint64_t raw_bytes_ = 0;      // everything that has been read
  std::size_t trailer_bytes_ = 0;
};

}  // namespace portlab::http
