#pragma once
// TLS over a connected socket: the client's side of RFC 8446 (1.3) and RFC 5246 (1.2), by OpenSSL.
// It never waits: its operations say what to wait for with poll(2).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "clients/cli/command_error.hpp"
#include "clients/net/tls_client.hpp"
#include "clients/net/tls_facts.hpp"
#include "common/bytes.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// One session. Each failed operation throws a CommandError that names the peer, the cause, and what
/// to try. The socket belongs to the caller, who keeps it open as long as the session is used.
class TlsSession {
 public:
  /// `host`: the name or address that the certificate must be for.
  TlsSession(TlsClient& client, const std::string& host, int descriptor, const Endpoint& remote);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Goes on with the handshake. True: it is complete, and the certificate is accepted.
  bool shake_hands();
  /// The error that the handshake was not complete in this time ("5 s").
  CommandError timed_out(const std::string& waited) const;

  /// Reads into the buffer, and returns how many bytes; 0: the peer has ended the session; nothing:
  /// there is none yet.
  std::optional<std::size_t> read(MutableBytes buffer);
  /// Whether read() would return or throw at once.
  bool is_readable();
  /// Writes as much as fits now; 0: nothing does.
  std::size_t write(Bytes bytes);
  /// Tells the peer that no more data follows (close_notify, RFC 8446 section 6.1), if that can be
  /// sent now.
  void end();

  /// What the last operation waits for: POLLIN or POLLOUT.
  short waits_for() const;
  /// The peer ended the connection without close_notify: data may be missing at the end.
  bool was_cut_off() const { return was_cut_off_; }
  /// Complete after the handshake.
  const TlsFacts& facts() const { return facts_; }

 private:
  struct Engine;

  std::string received() const;
  CommandError handshake_failure(int result);
  CommandError failure(int result);
  std::optional<std::size_t> result_of_read(int result);
  bool ends(int result);
  void read_facts();

  std::string host_;
  int descriptor_;
  Endpoint remote_;
  std::unique_ptr<Engine> engine_;
  TlsFacts facts_;
  bool is_open_ = false;  ///< the handshake is complete, and no operation has failed
  bool was_cut_off_ = false;
  std::optional<CommandError> failed_;  ///< found by is_readable(), for read()
};

}  // namespace portlab
