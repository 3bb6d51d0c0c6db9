#pragma once
// A session of a client over tcp, udp or a Unix socket: connect, write, read, close, in blocking
// calls that each end at a timeout.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "common/bytes.hpp"
#include "common/endpoint.hpp"
#include "common/system/file_descriptor.hpp"

namespace portlab {

class TlsClient;
class TlsSession;
struct TlsFacts;

/// The server to connect to.
struct Target {
  Transport transport = Transport::tcp;
  std::string host;  ///< a name or an address; the path for a Unix socket
  std::uint16_t port = 0;
};

/// A session with one peer. Each failed operation throws a CommandError that names the peer, the
/// cause, and what to try.
class ClientSession {
 public:
  /// Takes over a connected socket, for instance one that was accepted.
  ClientSession(FileDescriptor descriptor, Transport transport, std::chrono::milliseconds timeout);
  ClientSession(ClientSession&& other) noexcept;
  ClientSession& operator=(ClientSession&& other) noexcept;
  ~ClientSession();

  /// From now on everything goes through TLS: makes its handshake, all of it within the time-out.
  /// `host`: the name or address that the server's certificate must be for.
  void start_tls(TlsClient& client, const std::string& host);
  /// What is known about TLS; null without TLS.
  const TlsFacts* tls() const;
  /// Whether the connection ended without TLS's message of the end (close_notify): then another
  /// than the peer may have ended it, and data may be missing. False without TLS.
  bool was_cut_off() const;

  /// Receives bytes into the buffer; for udp, one whole datagram. Returns the part of the buffer
  /// that was filled; empty when the peer has closed (for udp: an empty datagram).
  Bytes read_some(MutableBytes buffer);
  /// Sends all of it; for udp, as one datagram.
  void write(Bytes bytes);
  void write(std::string_view text) { write(as_bytes(text)); }
  /// Sends as much as fits now, without waiting, and returns how much that was.
  std::size_t write_some(Bytes bytes);
  /// Ends the sending direction (shutdown(2), FIN for tcp); reading goes on. Does nothing for udp.
  void finish_writing();
  /// From now on receives at most so many bytes a second (0: no limit). The kernel then keeps few
  /// unread bytes, so that TCP's flow control slows the sender down, too.
  void limit_rate(std::uint64_t bytes_per_second);
  /// Closes the socket. Does nothing when it is closed already.
  void close();

  /// Waits until there is something to read, or the end; false when the limit is reached first.
  bool wait_readable(std::chrono::milliseconds limit) const;

  /// Whether the peer has closed or reset the session without sending anything, as a server does
  /// that accepts no more sessions. Always false for udp.
  bool was_rejected() const;

  /// This end, with the port that the kernel picked or that --from chose.
  const Endpoint& local() const { return local_; }
  /// The peer's end.
  const Endpoint& remote() const { return remote_; }
  /// For poll(2); negative once closed.
  int descriptor() const { return descriptor_.get(); }
  /// How long each operation may take from now on.
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }
  std::chrono::milliseconds timeout() const { return timeout_; }
  /// The error that the peer did not answer in that time.
  CommandError timed_out() const;

 private:
  std::optional<std::size_t> receive_now(MutableBytes buffer);

  FileDescriptor descriptor_;
  std::chrono::milliseconds timeout_;
  Endpoint local_;
  Endpoint remote_;
  std::uint64_t rate_ = 0;                              ///< bytes a second; 0: no limit
  std::chrono::steady_clock::time_point next_reading_;  ///< not earlier, with a rate
  std::unique_ptr<TlsSession> tls_;                     ///< over the descriptor; null: no TLS
};

/// Connects to the first address of the target that accepts, from --source and --from.
ClientSession connect_to(const Target& target, const ClientOptions& options);

/// Opens --sessions connections, all open at once. With --from, the source ports count up from it.
std::vector<ClientSession> connect_all(const Target& target, const ClientOptions& options);

/// The error that the server closed `count` of the sessions at once: exit status 1.
CommandError rejected_failure(const Endpoint& peer, std::size_t count, std::size_t all);

}  // namespace portlab
