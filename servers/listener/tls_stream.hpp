#pragma once
// The server's end of a TLS connection (RFC 8446, RFC 5246), by OpenSSL, on a non-blocking socket:
// what a ByteStream has on top of its socket.
//
//   handshake()   until it has transferred or failed; then
//   read(), write(), close_notify()
//
// OpenSSL reads and writes the socket through functions of this file (a BIO, bio(7)): they send
// without SIGPIPE, hold incomplete packets back, and note when a recv() has emptied the socket.

#include <memory>
#include <string>
#include <string_view>

#include "servers/listener/byte_stream.hpp"

struct ssl_st;

namespace portlab {

/// What OpenSSL allocates for the record that it reads: 16 KiB (RFC 8446 section 5.1), the most that
/// encryption adds, and with read-ahead the beginning of the next one; and for a message of the
/// handshake protocol that follows the handshake, such as a new key.
inline constexpr std::size_t record_buffer_bytes = std::size_t{17} * 1024;
inline constexpr std::size_t message_buffer_bytes = std::size_t{16} * 1024;

class TlsStream {
 public:
  using Result = ByteStream::Result;
  using Status = ByteStream::Status;

  /// Throws std::bad_alloc.
  TlsStream(const TlsContext& context, int socket);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;
  ~TlsStream();

  /// A part of the handshake. transferred: it is complete. broken: it failed, and the peer was sent an
  /// alert; from then on read() returns what the peer sends as it is, and nothing is written.
  Result handshake();
  /// The version, "1.3", after the handshake.
  std::string_view version() const;
  /// Why the handshake failed: the alert that the client sent, or OpenSSL's words ("no shared
  /// cipher").
  std::string handshake_error() const;
  /// It failed because the peer sent an HTTP request in plain text.
  bool peer_speaks_plain_http() const;
  /// After a handshake that failed: one attempt to send bytes as they are.
  Result write_plain(std::string_view bytes);

  // As in ByteStream.
  Result read(std::span<char> buffer);
  Result write(std::string_view head, std::string_view body, bool more);
  Result write_file(int file, off_t& offset, std::size_t count);
  Status close_notify();
  /// Whether OpenSSL has bytes that are not read yet.
  bool has_unread() const;
  /// After the handshake: the bytes that OpenSSL has allocated for input that is not complete. None
  /// while a session is idle (SSL_MODE_RELEASE_BUFFERS, SSL_CTX_set_mode(3)).
  std::size_t incomplete_input_bytes() const;

 private:
  friend struct TlsBio;
  struct Free {
    void operator()(ssl_st* connection) const;
  };
  enum class Phase : std::uint8_t { handshake, handshake_failed, open, broken };

  /// What OpenSSL's result of a call that transferred nothing means.
  Result result_of(int returned);
  Result write(std::string_view bytes, bool more);

  std::unique_ptr<ssl_st, Free> connection_;
  const int socket_;
  unsigned long error_ = 0;  // OpenSSL's code of a failed handshake
  Phase phase_ = Phase::handshake;
  bool socket_empty_ = false;  // the last recv() took all that had arrived
  bool blocked_ = false;       // the last recv() found nothing
  bool at_end_ = false;        // the peer sent FIN
  bool more_follows_ = false;  // sends with MSG_MORE
};

}  // namespace portlab
