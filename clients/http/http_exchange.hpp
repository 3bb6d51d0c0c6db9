#pragma once
// One HTTP request and its response (RFC 9112), over an open session. The body is passed on in
// pieces and never held in memory as a whole.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/http/response_head.hpp"
#include "clients/net/client_session.hpp"
#include "common/bytes.hpp"

namespace portlab {

/// A request.
struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  std::vector<HttpField> fields;  ///< without Content-Length and Transfer-Encoding
  std::optional<std::string> body;
  int body_file = -1;  ///< a descriptor to read the body from instead (-1: none); it is not closed

  /// The request line and the fields, as they are sent.
  std::string head() const;
};

/// Receives the response.
struct HttpSink {
  std::function<void(const HttpHead&)> head;
  std::function<void(Bytes)> body;
  /// What the RFC forbids in the response and was read all the same; before the head or at the end.
  std::function<void(const std::string&)> irregularity;
};

/// Sends the request and passes on the response. True: the session can carry another request.
/// Throws a CommandError: exit status 3 for a missing or incomplete response, 1 for one that is not
/// HTTP.
bool exchange(ClientSession& session, const HttpRequest& request, const HttpSink& sink);

}  // namespace portlab
