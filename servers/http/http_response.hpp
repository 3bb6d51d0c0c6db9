#pragma once
// What is answered: a status, header fields, and a body that may be text, a file from the cache, or
// parts of a file on the disk.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "servers/http/conditional.hpp"
#include "servers/http/head.hpp"
#include "servers/listener/open_file.hpp"

namespace portlab::http {

/// What a successful GET of a resource brings.
struct Representation {
  std::string_view type;  ///< Content-Type
  std::string fields;     ///< all other field lines that a 200 and a 206 carry
  std::string_view cache_control = "no-cache";  ///< as `fields` say; a 304 repeats it
  std::string etag;                             ///< empty: none
  std::optional<std::int64_t> modified;         ///< seconds since 1970
  std::uint64_t size = 0;
  std::string content;       ///< if it is in memory
  std::optional<File> file;  ///< if it is not

  bool has_ranges() const { return !etag.empty(); }
};

/// A stretch of the body: some text, then some of the representation.
struct BodyPart {
  std::string text;
  ByteRange range;
};

struct Response {
  unsigned status = 200;
  std::string fields;  ///< field lines of this answer's own, each with its CRLF
  std::string text;    ///< the body, if there is no representation
  std::shared_ptr<const Representation> representation;
  std::vector<BodyPart> parts;  ///< which of it; empty: all
  std::uint64_t length = 0;     ///< of the body as GET would bring it

  bool head_only = false;        ///< the answer to HEAD: the fields of GET, no body
  bool close = false;            ///< the last one on this connection
  bool peer_is_done = false;     ///< because the client said so, who must send nothing more then
  bool says_keep_alive = false;  ///< to HTTP/1.0, that does not take it for granted
  bool wants_sessions = false;   ///< ask again with the session table at hand
};

/// "Not Found".
std::string_view reason_phrase(unsigned status);

/// A body of plain text; `explanation` becomes its second line.
Response text_answer(unsigned status, std::string_view explanation);

/// A refused request: the connection ends with it.
Response refusal_answer(const HttpError& refusal);

/// The answer to a GET or HEAD of this representation: whole, in parts, 304, 412 or 416, as the
/// request's conditions and ranges say.
Response answer_with(std::shared_ptr<const Representation> representation, const Head& head,
                     std::int64_t now);

/// Appends the status line and the header, with their empty line.
void append_head(std::string& out, const Response& answer);

}  // namespace portlab::http
