#pragma once
// Follows HTTP/1.1 messages (RFC 9112) in a captured stream, to say what each segment contains. It
// reports no errors: bytes that are not HTTP are called data.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "common/bytes.hpp"

namespace portlab {

/// One session: the requests in one direction, the responses in the other.
class HttpMessages {
 public:
  /// The next bytes of a direction, and what they are: "GET /hello.txt", "200 OK, 431 bytes",
  /// "more of the body".
  std::string read(bool from_client, Bytes bytes);
  /// Bytes of this direction are missing: their end can't be found any more.
  void lose(bool from_client);
  /// The memory for what is kept of incomplete messages.
  std::size_t kept_bytes() const;

  /// Whether a stream that starts so is HTTP: a request, or a response.
  static bool is_request(std::string_view text);
  static bool is_response(std::string_view text);

 private:
  enum class Part : std::uint8_t { start, head, body, chunked_body, body_to_end, unknown };
  struct Direction {
    Part part = Part::start;
    std::string head;             ///< as far as it has come
    std::uint64_t body_left = 0;  ///< Part::body
    std::string chunk_tail;       ///< Part::chunked_body: the last bytes, to find its end
  };

  std::string read_head(bool from_client, Direction& direction);
  void begin_body(bool from_client, Direction& direction, std::string_view start_line);
  static std::size_t read_body(Direction& direction, std::string_view text);

  Direction requests_, responses_;
  std::deque<std::string> methods_;  // of requests without a response yet
};

}  // namespace portlab
