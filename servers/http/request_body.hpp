#pragma once
// Reads a request's body to its end, whole or chunked (RFC 9112 sections 6 and 7), so that the next
// request is found where it begins.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "servers/http/head.hpp"

namespace portlab::http {

/// A chunk's size with its extensions, without the CRLF.
inline constexpr std::size_t chunk_line_bytes_max = 256;
/// The field lines after the last chunk.
inline constexpr std::size_t trailer_bytes_max = std::size_t{4} * 1024;

class BodyReader {
 public:
  enum class State : std::uint8_t { more, complete, refused };

  /// For the body that a head announces. `head`: as HeadScanner found it; framing_of() let it pass.
  /// `content`, if given, receives the body without the chunks' framing.
  explicit BodyReader(std::string_view head, std::string* content = nullptr);
  ~BodyReader();

  /// Takes from `pending` what belongs to the body, and says how much that was. Called again with
  /// what was left and what came since.
  State read(std::string_view pending, std::size_t& taken);
  /// How many bytes of content there were: without the chunks' own.
  std::uint64_t content_bytes() const;
  const HttpError& refusal() const { return refusal_; }

 private:
  State check_chunk_line(std::string_view pending);
  State check_trailers(std::string_view trailers);
  State refuse(HttpError refusal);

  class Parser;
  std::unique_ptr<Parser> parser_;
  std::uint64_t raw_bytes_ = 0;
  HttpError refusal_;
};

}  // namespace portlab::http
