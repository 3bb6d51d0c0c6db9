// The echo server (RFC 862), the smallest service in servers/: read it first. The core accepts
// connections and receives datagrams; it calls serve() for each connection and reply() for each
// datagram.

#include "servers/echo/echo_service.hpp"

#include <algorithm>
#include <array>

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

/// Ports of services that reply to any datagram. One datagram with a forged source address and such a
/// source port would make the two services reply to each other for ever (CERT advisory CA-1996-01).
constexpr std::array<std::uint16_t, 9> ports_that_reply = {
    7,    // echo
    13,   // daytime
    17,   // quote of the day
    19,   // character generator
    37,   // time
    53,   // domain
    123,  // ntp
    161,  // snmp
    520,  // rip
};

class EchoDatagram final : public DatagramService {
 public:
  std::optional<Bytes> reply(const Datagram& query, MutableBytes, std::string& note) override {
    const auto from = query.remote.port;
    if (query.from_a_listener || from == query.local.port || from == 0 ||
        std::find(ports_that_reply.begin(), ports_that_reply.end(), from) !=
            ports_that_reply.end()) {
      note = "dropped: a reply could loop, or has no port to go to";
      return std::nullopt;
    }
    note = "echoed";
    return query.payload;
  }
};

}  // namespace

Service make_echo_service() {
  return {service_info("echo"), std::make_unique<EchoStream>(), std::make_unique<EchoDatagram>()};
}

}  // namespace portlab
