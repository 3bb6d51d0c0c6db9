#pragma once
// One HTTP request and its response (RFC 9112), over an open session. The body passes through in
// pieces: it is never whole in memory.

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

/// What is asked.
struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  std::vector<HttpField> fields;  ///< Host and all others, without those that frame the body
  std::string body;
  bool has_body = false;
  int body_file = -1;  ///< a descriptor to read the body from instead; not closed

  /// The request's head as it goes over the wire.
  std::string head() const;
};

/// What is answered, before the body.
struct HttpHead {
  unsigned version = 11;  ///< 11: HTTP/1.1
  unsigned status = 0;
  std::string reason;
  std::vector<HttpField> fields;
  std::optional<std::uint64_t> length;  ///< of the body, where it is told beforehand

  /// The first field of this name, in any case; empty where there is none.
  std::string_view field(std::string_view name) const;
  /// "HTTP/1.1 200 OK" and the fields, each line ending with CRLF, and an empty line.
  std::string text() const;
};

/// Where the response goes.
struct HttpSink {
  std::function<void(const HttpHead&)> head;
  std::function<void(Bytes)> body;
};

/// Sends the request and passes on the response. True: the session can carry another request.
/// Throws a CommandError: exit status 3 where the answer is missing or broken off, 1 where it is not
/// HTTP.
bool exchange(ClientSession& session, const HttpRequest& request, const HttpSink& sink);

/// Whether this can be a method or a field's name: RFC 9110 section 5.6.2.
bool is_token(std::string_view text);

/// How much of a head we take: enough for any honest server.
inline constexpr std::uint32_t http_head_bytes_max = 64 * 1024;

}  // namespace portlab
