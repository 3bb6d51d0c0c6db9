#pragma once
// A client for tests: blocking, with a time-out for every wait. It stores the dialogue, which the
// message of a failure shows.

#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.hpp"
#include "common/endpoint.hpp"
#include "servers/listener/socket.hpp"

namespace portlab {

class TestClient {
 public:
  /// Connects (UDP sockets too). Throws std::runtime_error when that fails.
  explicit TestClient(const Endpoint& server);
  /// The same, from a source address and port (0: any).
  TestClient(const Endpoint& server, const Endpoint& from);

  void send(std::string_view bytes);
  void send(Bytes bytes) { send(as_text(bytes)); }
  /// Sends one byte at a time, each in a packet of its own.
  void send_in_pieces(std::string_view bytes);
  /// Closes our half (FIN).
  void finish();
  /// Closes so that the peer sees a RST.
  void reset();
  void close() { socket_ = FileDescriptor(); }

  /// The next bytes, at least one; empty: the peer closed. Throws after 10 s without any, and when
  /// the peer reset the connection.
  std::string receive();
  /// Exactly that many bytes. Throws when the peer closes before.
  std::string receive_exactly(std::size_t count);
  /// The bytes up to and including `end`. Throws when the peer closes before.
  std::string receive_until(std::string_view end);
  /// Everything until the peer closes.
  std::string receive_all();
  /// The peer has closed or reset.
  bool is_closed_by_peer();
  /// Nothing has arrived so far. Only for when no reply can be under way.
  bool nothing_arrived() const;

  Endpoint local() const { return local_endpoint_of(socket_.get(), transport_); }
  const std::string& dialogue() const { return dialogue_; }
  int descriptor() const { return socket_.get(); }

 private:
  [[noreturn]] void fail(const std::string& what) const;
  bool wait_readable() const;

  Transport transport_;
  FileDescriptor socket_;
  std::string kept_;  ///< received and not returned yet
  std::string dialogue_;
};

}  // namespace portlab
