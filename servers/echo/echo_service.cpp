// Echo (RFC 862), the smallest service worth having: read it first.

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
      const Bytes said = co_await client.read_some();
      if (said.empty())
        co_return;  // the peer has closed its half; all that it said has been echoed
      co_await client.write(as_text(said));
    }
  }
};

/// Small services that answer anything, or whose answers we would answer. A datagram that claims to
/// come from one of their ports would start a loop that never ends: two echo servers, one forged
/// packet. (CERT advisory CA-1996-01.)
constexpr std::array<std::uint16_t, 9> answering_ports = {
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
        std::find(answering_ports.begin(), answering_ports.end(), from) != answering_ports.end()) {
      note = "not answered: it came from a port that would answer back";
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
