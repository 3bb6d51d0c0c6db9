// The echo server (RFC 862), the smallest service in servers/: read it first. The core accepts
// connections and receives datagrams; it calls serve() for each connection and reply() for each
// datagram.

#include "servers/echo/echo_service.hpp"

#include "common/port.hpp"

namespace portlab {

namespace {

class EchoStream final : public StreamService {
 public:
  Task<void> serve(Connection& client) override {
    for (;;) {
      client.start_idle_timeout();
      const Bytes received = co_await client.read_some();
      if (received.empty()) co_return;  // the client has closed its direction of the connection
      co_await client.write(as_text(received));
    }
  }
};

class EchoDatagram final : public DatagramService {
 public:
  std::optional<Bytes> reply(const Datagram& query, MutableBytes, std::string& note) override {
    const auto from = query.remote.port;
    if (query.from_a_listener || from == query.local.port || from == 0 ||
        replies_to_any_datagram(from)) {
      note = "dropped: a reply could loop, or has no port to go to";
      return std::nullopt;
    }
    note = "echoed";
    return query.payload;
  }
};

}  // namespace

Service make_echo_service() {
  return {known_service("echo"), std::make_unique<EchoStream>(), std::make_unique<EchoDatagram>()};
}

}  // namespace portlab
