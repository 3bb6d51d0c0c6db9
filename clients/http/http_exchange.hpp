#pragma once
// One HTTP request and its response (RFC 9112), over an open session. The body is passed on in
// pieces and never held in memory as a whole.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/net/client_session.hpp"
#include "common/bytes.hpp"

namespace portlab {

struct HttpField {
  std::string name;
  std::string value;
};

/// A request.
struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  std::vector<HttpField> fields;  ///< without Content-Length and Transfer-Encoding
  std::string body;
  bool has_body = false;
  int body_file = -1;  ///< a descriptor to read the body from instead (-1: none); it is not closed

  /// The request line and the fields, as they are sent.
  std::string head() const;
};

/// The head of a response.
struct HttpHead {
  unsigned version = 11;  ///< 11: HTTP/1.1
  unsigned status = 0;
  std::string reason;
  std::vector<HttpField> fields;
  std::optional<std::uint64_t> length;  ///< of the body, if the head has it

  /// The first field of this name, in any case; empty where there is none.
  std::string_view field(std::string_view name) const;
  /// "HTTP/1.1 200 OK" and the fields, each line ending with CRLF, and an empty line.
  std::string text() const;
};

/// Receives the response.
struct HttpSink {
  std::function<void(const HttpHead&)> head;
  std::function<void(Bytes)> body;
};

/// Sends the request and passes on the response. True: the session can carry another request.
/// Throws a CommandError: exit status 3 for a missing or incomplete response, 1 for one that is not
/// HTTP.
bool exchange(ClientSession& session, const HttpRequest& request, const HttpSink& sink);

/// Whether this is a token, as methods and field names are: RFC 9110 section 5.6.2.
bool is_token(std::string_view text);

/// The longest head that is accepted.
inline constexpr std::uint32_t http_head_bytes_max = 64 * 1024;

}  // namespace portlab
