#pragma once
// A DNS client: one question and its answer, over udp or tcp (RFC 1035 section 4.2, RFC 7766).

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "clients/cli/options.hpp"
#include "clients/net/client_session.hpp"
#include "common/dns/message.hpp"
#include "common/known_services.hpp"

namespace portlab {

/// A question and how it is sent.
struct DnsQuestion {
  dns::Question question;
  std::uint16_t udp_bytes =
      dns::udp_bytes_default;  ///< the EDNS limit for the answer; 0: without EDNS
  bool recursion_desired = false;
};

/// An answer.
struct DnsReply {
  dns::Message message;
  std::size_t bytes = 0;
  Transport transport = Transport::udp;
  std::chrono::microseconds round_trip{0};
  bool without_edns = false;  ///< the server does not know EDNS, so it was asked again without
  std::vector<std::string> irregularities;  ///< what the RFCs forbid and was read all the same
};

/// DNS's default port.
inline const std::uint16_t dns_default_port = default_port_of("dns");

/// The server of --dns; else the DNS listener of local_server(), on whatever port; else 127.0.0.1
/// port 53.
Target dns_server(const ClientOptions& options, Transport transport);

/// Sends a question over an open session, udp or tcp, and returns the answer: a message with the same
/// ID and the same question or, where it repeats none, with an answer about the same name. Over udp,
/// other messages are ignored, and the question is sent a second time when half the time-out has
/// passed without an answer. Who forges an answer must guess the ID and the source port (RFC 5452);
/// nothing else protects from that. A server that rejects EDNS is asked again without it (RFC 6891
/// section 7). Reads what dig reads; what an RFC forbids in it is in `irregularities`. Throws a
/// CommandError: exit status 3 without an answer, 1 with one that is not DNS.
DnsReply ask_dns(ClientSession& session, const DnsQuestion& question);

/// Asks dns_server() over udp and, when the answer is truncated (TC), again over tcp. Prints
/// nothing. --source and --from do not apply.
DnsReply look_up(const dns::Question& question, const ClientOptions& options);

/// The name without its final dot.
std::string short_text(const dns::Name& name);

/// True if this message answers the query with this ID and question.
bool answers(const dns::Message& message, std::uint16_t id, const dns::Question& question);

}  // namespace portlab
