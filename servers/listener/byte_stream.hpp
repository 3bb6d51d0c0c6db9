#pragma once
// The stream of bytes under a session: a TCP or Unix socket, or TLS (RFC 8446) on top of one.
// Sessions and protocols see only bytes and what to wait for.
//
// All calls return at once. Not virtual: TLS is a member that is null on a plain stream, which so
// costs nothing but its system calls.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace portlab {

class TlsContext;
class TlsStream;

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
    bool may_have_more = false;  ///< read: another read may return bytes without a wait
  };

  /// The socket must stay open as long as the stream is used. `tls`: the stream is the server's
  /// end of a TLS connection; null: it is plain. Throws std::bad_alloc.
  explicit ByteStream(int socket, const TlsContext* tls = nullptr);
  ~ByteStream();

  /// The TLS on top of the socket, whose handshake precedes the first read and write; null: the
  /// stream is plain.
  TlsStream* tls() const { return tls_.get(); }

  Result read(std::span<char> buffer);
  /// Writes both parts in one packet where they fit. `more`: the kernel holds an incomplete packet
  /// back, because more follows at once (MSG_MORE, send(2)). Over TLS: after wait_writable the next
  /// write must begin with the same bytes (SSL_write(3)).
  Result write(std::string_view head, std::string_view body, bool more);
  /// Writes up to `count` bytes of a file from `offset` on, and advances `offset`: sendfile(2); over
  /// TLS a piece of the file is read, encrypted and sent.
  Result write_file(int file, off_t& offset, std::size_t count);
  /// Moves up to `count` bytes that have arrived into an empty pipe (splice(2)). Not over TLS.
  Result read_to_pipe(int write_end, std::size_t count);
  /// Moves `count` bytes, or fewer, from a pipe that has them. Not over TLS.
  Result write_from_pipe(int read_end, std::size_t count);
  /// Ends this direction of the stream: over TLS close_notify (RFC 8446 section 6.1), then FIN.
  /// wait_writable: not yet. Any other status: done.
  Status shutdown_write();
  /// The same without the FIN, which the close of the socket sends.
  Status close_notify();
  /// Closing the socket sends a RST, and discards what is not sent yet (SO_LINGER, socket(7)).
  void reset_at_close();
  /// Whether bytes have arrived that read() would return.
  bool has_unread() const;
  /// The memory that TLS holds for input that is not complete; 0 on a plain stream.
  std::size_t incomplete_input_bytes() const;

 private:
  int socket_;
  std::unique_ptr<TlsStream> tls_;
};

}  // namespace portlab
