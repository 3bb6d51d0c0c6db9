#pragma once
// The stream of bytes under a session: today a plain TCP or Unix socket. A TLS stream (RFC 8446)
// can be added here: sessions and protocols see only bytes and what to wait for.
//
// All calls return at once. Not virtual: a plain stream costs nothing but its system calls. TLS
// would be a member that is null on a plain stream.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace portlab {

class ByteStream {
 public:
  /// What a call achieved.
  enum class Status : std::uint8_t {
    transferred,    ///< `bytes` were read or written, at least one
    wait_readable,  ///< nothing: call again when the socket is readable
    wait_writable,  ///< nothing: call again when the socket is writable
    end_of_stream,  ///< read: the peer closed its direction; write_file: the file is too short
    broken,         ///< reset, or another error that ends the connection
  };
  struct Result {
    Status status = Status::broken;
    std::size_t bytes = 0;
  };

  /// The socket must stay open as long as the stream is used.
  explicit ByteStream(int socket) : socket_(socket) {}

  Result read(std::span<char> buffer);
  /// Writes both parts in one packet where they fit. `more`: the kernel holds an incomplete packet
  /// back, because more follows at once (MSG_MORE, send(2)).
  Result write(std::string_view head, std::string_view body, bool more);
  /// Writes up to `count` bytes of a file from `offset` on, and advances `offset` (sendfile(2)).
  Result write_file(int file, off_t& offset, std::size_t count);
  /// The end of our direction of the stream: FIN.
  void shutdown_write();
  /// Whether bytes have arrived that read() would return.
  bool has_unread() const;

 private:
  int socket_;
};

}  // namespace portlab
