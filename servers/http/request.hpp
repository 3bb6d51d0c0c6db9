#pragma once
// One HTTP request, parsed: what a route's handler receives. It owns all of its text.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/http_syntax.hpp"

namespace portlab::http {

/// Why a request is refused.
struct HttpError {
  unsigned status = 0;
  std::string_view reason;  ///< the second line of the response's body; a literal
};

/// How far a part of a request has been read.
enum class ReadState : std::uint8_t {
  more,      ///< more bytes are needed
  complete,  ///< all of it has been read
  refused,   ///< it is malformed or too long
};

/// What a route needs of a request's body. The body is read to its end in any case.
enum class BodyKept : std::uint8_t {
  nothing,
  content,     ///< without the framing of its chunks
  as_arrived,  ///< every byte, with the chunks' sizes and the trailers
};

/// A field line (RFC 9112 section 5), without the white space around its value.
struct FieldLine {
  std::string name;
  std::string value;
};

struct Request {
  std::string head;    ///< as it arrived: request line, field lines and the empty line
  std::string method;  ///< "GET"; case-sensitive
  std::string target;  ///< as it arrived: "/docs/?a=%20"
  std::vector<FieldLine> fields;
  bool http_1_0 = false;

  // From the target (RFC 9112 section 3.2).
  bool whole_server = false;  ///< "*": OPTIONS for the server itself
  std::string path;           ///< decoded, begins with "/"
  std::string query;          ///< as it arrived, without the "?"
  bool https_url = false;     ///< the target is a URL that begins with https://

  // From the fields that describe the message (RFC 9112 sections 6 and 9).
  bool chunked = false;
  std::uint64_t content_length = 0;
  bool expects_continue = false;  ///< the client waits for "100 Continue" before the body
  bool keep_alive = true;         ///< another request may follow on this connection

  std::string body;  ///< as much as BodyKept says

  bool has_body() const { return chunked || content_length > 0; }
  bool is_head() const { return method == "HEAD"; }
  /// GET or HEAD: the methods with conditions and ranges.
  bool is_read() const { return method == "GET" || is_head(); }

  /// Calls `function` with the value of each field line of that name, in order.
  template <class Function>
  void for_each_field(std::string_view name, Function function) const {
    for (const auto& line : fields)
      if (equal_ignoring_case(line.name, name)) function(std::string_view(line.value));
  }
  /// Calls `function` with each element of a list-valued field (RFC 9110 section 5.6.1).
  template <class Function>
  void for_each_element(std::string_view name, Function function) const {
    for_each_field(name, [&](std::string_view value) {
      ListReader list(value);
      while (const auto element = list.next()) function(*element);
    });
  }
  std::size_t count_fields(std::string_view name) const {
    std::size_t count = 0;
    for_each_field(name, [&](std::string_view) { ++count; });
    return count;
  }
  /// The value of a field that has one line; nullopt where there is none, or more than one.
  std::optional<std::string_view> field(std::string_view name) const {
    std::optional<std::string_view> found;
    std::size_t count = 0;
    for_each_field(name, [&](std::string_view value) {
      found = value;
      ++count;
    });
    return count == 1 ? found : std::nullopt;
  }
};

}  // namespace portlab::http
