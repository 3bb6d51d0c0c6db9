#pragma once
// A response as a value: a status, header fields, and a body that is a text, a representation in
// memory, or parts of a file on the disk.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "servers/http/request.hpp"
#include "servers/listener/open_file.hpp"

namespace portlab::http {

/// What a successful GET of a resource transfers (RFC 9110 section 3.2).
struct Representation {
  std::string_view type;  ///< Content-Type
  std::string_view cache_control = "no-cache";
  std::string fields;                    ///< the other field lines of a 200 and a 206
  std::string etag;                      ///< strong, with its quotes; empty: none
  std::optional<std::int64_t> modified;  ///< Last-Modified, in seconds since 1970
  std::uint64_t size = 0;                ///< bytes
  std::string content;                   ///< if it is in memory
  std::optional<File> file;              ///< if it is on the disk
};

/// A piece of a body: some text, then a part of the representation.
struct BodyPart {
  std::string text;
  ByteRange range;
};

struct Response {
  unsigned status = 200;
  std::string fields;  ///< this response's own field lines, each with its CRLF
  std::string text;    ///< the body, if there is no representation
  std::shared_ptr<const Representation> representation;
  std::vector<BodyPart> parts;  ///< of the representation; empty: all of it
  std::uint64_t length = 0;     ///< Content-Length: that of GET, also for HEAD
};

/// "Not Found" (RFC 9110 section 15).
std::string_view reason_phrase(unsigned status);

/// Appends the status line and the field lines. What the caller adds: the lines that describe the
/// message, such as Content-Length and Connection, and the empty line.
void append_head(std::string& out, const Response& response);

/// Appends Content-Length.
void append_content_length(std::string& out, std::uint64_t length);

/// A body of two lines of plain text: the status, and an explanation.
Response text_response(unsigned status, std::string_view explanation);

/// A body made for this request alone: it must not be stored, or taken for another type.
std::shared_ptr<const Representation> fresh_representation(std::string_view type,
                                                           std::string content);

/// The response that carries a representation: whole, in parts, 304, 412 or 416, as the request's
/// conditions and ranges say. `now`: seconds since 1970.
Response respond_with(std::shared_ptr<const Representation> representation, const Request& request,
                      std::int64_t now);

}  // namespace portlab::http
