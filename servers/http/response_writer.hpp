#pragma once
// Through this a route's handler sends its response: whole, or as a stream of parts.

#include <chrono>
#include <string>
#include <string_view>

#include "servers/http/http_response.hpp"
#include "servers/http/request.hpp"
#include "servers/listener/connection.hpp"
#include "servers/listener/task.hpp"

namespace portlab::http {

/// To make and send a response. A long one has more: Connection::write and send_file allow for its
/// length.
inline constexpr std::chrono::seconds response_seconds_max{30};
/// Responses to requests that arrived together are gathered up to this, and sent together.
inline constexpr std::size_t gathered_bytes_max = std::size_t{64} * 1024;

/// Sends the response to one request: one call of send(); or begin_stream(), any number of write()
/// and pause(), and end_stream(). All of them throw SessionEnded when the peer disconnects or the
/// server stops. For HEAD no body is sent.
class ResponseWriter {
 public:
  /// All three must outlive it. `gathered`: bytes that are sent before this response, or with it;
  /// what is left there at the end is sent by the caller.
  ResponseWriter(Connection& client, const Request& request, std::string& gathered)
      : client_(client), request_(request), gathered_(gathered) {}

  /// A response whose length is known.
  Task<void> send(Response response);

  /// Sends the head of a response whose length is not known: chunked (RFC 9112 section 7.1), or for
  /// HTTP/1.0 until the connection closes. `head`: status and fields. False: the request is HEAD,
  /// and the response is complete. A stream has no deadline as a whole, each write has one.
  Task<bool> begin_stream(Response head);
  /// Sends a part of the stream at once.
  Task<void> write(std::string_view part);
  /// Waits between two parts.
  Task<void> pause(std::chrono::milliseconds time);
  /// Ends the stream. On a chunked one the next request may follow.
  Task<void> end_stream();

  /// The connection ends with this response, although the client did not ask for that.
  void close_connection() { close_ = true; }
  bool closes_connection() const { return close_ || !request_.keep_alive; }

 private:
  void begin_head(const Response& response);
  void end_head();
  bool append_body(const Response& response);
  Task<void> send_body(Response response);
  Task<void> flush();

  Connection& client_;
  const Request& request_;
  std::string& gathered_;
  bool close_ = false;
};

}  // namespace portlab::http
