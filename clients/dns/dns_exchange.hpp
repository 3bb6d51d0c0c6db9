#pragma once
// One question to a DNS server and its answer (RFC 1035 section 4.2, RFC 7766).

#include <chrono>
#include <cstdint>

#include "clients/cli/options.hpp"
#include "clients/net/client_session.hpp"
#include "common/dns/message.hpp"
#include "common/known_services.hpp"

namespace portlab {

/// What is asked.
struct DnsQuestion {
  dns::Question question;
  std::uint16_t udp_bytes = dns::udp_bytes_ours;  ///< what we take in a datagram; 0: without EDNS
  bool recursion_desired = false;
};

/// What came back.
struct DnsReply {
  dns::Message message;
  std::size_t bytes = 0;
  Transport transport = Transport::udp;
  std::chrono::microseconds round_trip{0};
};

/// DNS's default port.
inline const std::uint16_t dns_default_port = default_port_of("dns");

/// The server that --dns names; else the DNS listener of the portlabd that runs here, wherever it
/// moved to; else 127.0.0.1 port 53.
Target dns_server(const ClientOptions& options, Transport transport);

/// Asks over an open session, udp or tcp. Over udp, what does not answer this very question (an
/// old answer, a forged one) is not looked at, and the question is sent a second time if half the
/// timeout passes in silence. Throws a CommandError: exit status 3 without an answer, 1 with one that is
/// not DNS.
DnsReply ask_dns(ClientSession& session, const DnsQuestion& question);

/// Asks options' server over udp and, where the answer is cut off (TC), again over tcp; without a
/// word to the user. From any source address and port: --source and --from are not for this.
DnsReply look_up(const dns::Question& question, const ClientOptions& options);

/// True if this message answers the query with this ID and question.
bool answers(const dns::Message& message, std::uint16_t id, const dns::Question& question);

}  // namespace portlab
