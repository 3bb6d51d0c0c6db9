#pragma once
// A connection, as a client sees it: connect, write, read, close, one after the other, each bounded
// by a timeout. For tcp, udp and Unix sockets alike.

#include <chrono>
#include <string>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "common/bytes.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// Whom to call.
struct Target {
  Transport transport = Transport::tcp;
  std::string host;  ///< a name or an address; the path for a Unix socket
  std::uint16_t port = 0;
};

/// A conversation with one peer. Every mishap is thrown as a CommandError that names the peer, the
/// cause, and what to try.
class ClientSession {
 public:
  /// Takes over a connected socket, for instance one that was accepted.
  static ClientSession adopt(int descriptor, Transport transport,
                             std::chrono::milliseconds timeout);
  ~ClientSession() { close(); }
  ClientSession(ClientSession&& other) noexcept;
  ClientSession& operator=(ClientSession&& other) noexcept;

  /// Waits for bytes and puts them into the buffer; for udp, one whole datagram. Returns the part
  /// of the buffer that was filled. Empty: the peer closed (for udp: an empty datagram).
  Bytes read_some(MutableBytes buffer);
  /// Sends all of it; for udp, as one datagram.
  void write(Bytes bytes);
  void write(std::string_view text) { write(as_bytes(text)); }
  /// Sends as much as fits now, without waiting, and returns how much that was.
  std::size_t write_some(Bytes bytes);
  /// Says that no more will be sent; reading goes on. Nothing happens for udp.
  void finish_writing();
  /// Says goodbye. Harmless when done twice.
  void close();

  /// Waits until read_some would not wait; false when that takes longer.
  bool wait_readable(std::chrono::milliseconds limit) const;

  /// True if the peer has closed (or reset) the session and sent nothing before: a server that
  /// takes no more sessions does that. Not for udp.
  bool was_turned_away() const;

  /// Our end: with the port that the kernel picked, or that --from chose.
  const Endpoint& local() const { return local_; }
  /// The peer's end.
  const Endpoint& remote() const { return remote_; }
  /// For poll(2); negative once closed.
  int descriptor() const { return descriptor_; }
  /// How long each wait may take from now on.
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }
  std::chrono::milliseconds timeout() const { return timeout_; }

 private:
  ClientSession(int descriptor, Transport transport, std::chrono::milliseconds timeout);

  int descriptor_ = -1;
  std::chrono::milliseconds timeout_;
  Endpoint local_;
  Endpoint remote_;
};

/// Connects to the target's first address that answers, from --source and --from.
ClientSession connect_to(const Target& target, const ClientOptions& options);

/// Opens --sessions connections, all open at once. With --from, the source ports count up from it.
std::vector<ClientSession> connect_all(const Target& target, const ClientOptions& options);

/// That so many of the sessions were turned away: exit status 1.
CommandError turned_away_failure(const Endpoint& peer, std::size_t count, std::size_t all);

}  // namespace portlab
