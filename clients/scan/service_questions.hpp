#pragma once
// What a scan sends to an open port, and which service an answer comes from. Functions from bytes to
// values: nothing here opens a socket, and the port number decides nothing about an answer.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/endpoint.hpp"

namespace portlab {

/// What an answer shows.
struct Recognised {
  std::string service;  ///< "http", "ssh", "echo" …; empty: unknown
  std::string banner;   ///< its first line or what describes it, as it came; may be empty
};

/// A request that every HTTP server answers, and that changes nothing (RFC 9110 section 9.3.2).
std::string http_question(const std::string& host);
/// A ClientHello of TLS 1.2 (RFC 5246 section 7.4.1.2): a server of TLS answers with a record of TLS.
std::string tls_question();
/// A DNS query for the name servers of the root, without recursion: a server answers with them or
/// with REFUSED. `tcp`: with its length in front (RFC 1035 section 4.2.2).
std::string dns_question(std::uint16_t id, bool tcp);

/// What comes from a TCP service: after `sent` (empty: it speaks first), `got`.
Recognised recognise_stream(std::string_view sent, std::string_view got);
/// Whether an answer of HTTP may come from a server of HTTPS: many say in plain HTTP, with status 400,
/// that they want TLS.
bool may_be_https(const Recognised& found);
/// A datagram `got` as the answer to `sent`.
Recognised recognise_datagram(std::string_view sent, std::string_view got);

/// What to send to a port of udp, one after the other as long as nothing answers: the question of the
/// service that is usual there, then one that many services of udp understand.
std::vector<std::string> datagrams_for(std::uint16_t port, std::uint16_t id);
/// The ports for which there is a question of their own, sorted.
std::vector<std::uint16_t> ports_with_questions();

/// Whether a port must not get bytes that nobody asked for: printers print them (9100 to 9107).
bool only_listen_at(std::uint16_t port);

/// Whether this service is usual at this port: portlabd's default, or IANA's registration.
bool is_usual_at(std::string_view service, Transport transport, std::uint16_t port);

}  // namespace portlab
