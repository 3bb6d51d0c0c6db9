// What the server's end of a TLS connection does with the bytes of a client: of a handshake, and
// after one. The first byte of the input says how the rest is cut into packets, and whether a real
// client makes a handshake before it.

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "common/bytes.hpp"
#include "common/system/file_descriptor.hpp"
#include "servers/daemon/certificate_authority.hpp"
#include "servers/listener/tls_context.hpp"
#include "servers/listener/tls_stream.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;

namespace {

using Status = ByteStream::Status;

std::shared_ptr<const TlsContext> make_context() {
  const CertificateAuthority authority;
  const auto made = authority.sign({.names = {"localhost"}, .addresses = {}});
  return TlsContext::make(made.certificate, made.key, "http/1.1", authority.certificate()).value();
}

const TlsContext& context() {
  static const auto made = make_context();
  return *made;
}

struct FreeClient {
  void operator()(SSL* client) const { SSL_free(client); }
};
using Client = std::unique_ptr<SSL, FreeClient>;

Client make_client(int socket) {
  static SSL_CTX* const settings = SSL_CTX_new(TLS_client_method());
  Client client(SSL_new(settings));
  SSL_set_fd(client.get(), socket);
  SSL_set_connect_state(client.get());
  return client;
}

/// Both ends are on this thread: each takes its turn.
void shake_hands(SSL* client, TlsStream& server) {
  constexpr int turns_max = 20;
  for (int turn = 0; turn < turns_max; ++turn) {
    const bool ready = SSL_do_handshake(client) == 1;
    const auto done = server.handshake();
    require(done.status != Status::broken, "a handshake with a real client does not fail");
    if (done.status == Status::transferred && ready) return;
  }
  require(false, "a handshake with a real client ends");
}

void discard_answers(int client) {
  std::array<char, 4096> answer;
  while (::recv(client, answer.data(), answer.size(), MSG_DONTWAIT) > 0) {
  }
}

/// A read of the server, and what must hold whatever the client sent. False: the stream has ended.
bool read_once(TlsStream& server) {
  std::array<char, 512> buffer;
  const auto got = server.read(buffer);
  require(got.status != Status::transferred,
          "bytes that are not encrypted with the key are no data");
  return got.status == Status::wait_readable;
}

void feed(TlsStream& server, int client, std::span<const std::uint8_t> bytes, std::size_t piece,
          bool is_open) {
  while (!bytes.empty()) {
    const auto count = std::min(piece, bytes.size());
    if (::send(client, bytes.data(), count, MSG_DONTWAIT | MSG_NOSIGNAL) <= 0) return;
    bytes = bytes.subspan(count);
    discard_answers(client);
    if (is_open) {
      if (!read_once(server)) break;
      continue;
    }
    const auto done = server.handshake();
    require(done.status != Status::transferred, "no bytes without a key complete a handshake");
    if (done.status != Status::broken) continue;
    require(server.write("x", "", false).status == Status::broken,
            "nothing is sent after a failure");
    require(server.handshake_error().size() < 200, "the reason is short");
    break;
  }
  server.close_notify();
  static_cast<void>(server.has_unread());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  int ends[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0,
          "socketpair");
  const FileDescriptor server_end(ends[0]);
  const FileDescriptor client_end(ends[1]);
  TlsStream server(context(), server_end.get());
  const bool is_open = (data[0] & 1) != 0;
  Client client;
  if (is_open) {
    client = make_client(client_end.get());
    shake_hands(client.get(), server);
  }
  feed(server, client_end.get(), {data + 1, size - 1}, std::size_t{1} + data[0] * std::size_t{8},
       is_open);
  return 0;
}
