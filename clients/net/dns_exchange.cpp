#include "clients/net/dns_exchange.hpp"

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/net/local_server.hpp"

namespace portlab {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::uint16_t random_id() {
  static std::random_device device;  // RFC 5452: must be hard to guess for an attacker
  return static_cast<std::uint16_t>(device());
}

CommandError no_answer(const ClientSession& session, const std::string& why) {
  return CommandError(Exit::peer_said_no, session.remote().to_string() + ": " + why,
                      "is this a DNS server? " + connect_advice(session.remote()))
      .explained_by(NetError::wrong_service, session.remote());
}

CommandError not_dns(const ClientSession& session, const std::string& why) {
  return no_answer(session, "what came back is no DNS message: " + why);
}

milliseconds milliseconds_left(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  return std::max(left, milliseconds(0));
}

DnsReply ask_udp(ClientSession& session, const std::string& query, std::uint16_t id,
                 const DnsQuestion& question) {
  std::vector<std::uint8_t> buffer(dns::message_bytes_max);
  const auto deadline = Clock::now() + session.timeout();
  session.write(query);
  if (!session.wait_readable(session.timeout() / 2)) session.write(query);
  std::string stray;
  while (session.wait_readable(milliseconds_left(deadline))) {
    const auto bytes = session.read_some(buffer);
    auto message = dns::read_message(bytes);
    if (message && answers(*message, id, question.question))
      return {std::move(*message), bytes.size(), Transport::udp, {}};
    stray = as_text(bytes) == query ? "the question itself came back, as from an echo server"
            : message               ? "a DNS message came back that answers another question"
                                    : "what came back is no DNS message: " + message.error().text;
  }
  if (!stray.empty()) throw no_answer(session, stray);
  throw connection_failure(
      {session.remote(), ETIMEDOUT, Operation::receiving, {}, session.timeout()});
}

/// Fills the whole buffer, or throws.
void read_exactly(ClientSession& session, MutableBytes buffer) {
  while (!buffer.empty()) {
    const auto bytes = session.read_some(buffer);
    if (bytes.empty())
      throw CommandError(
          Exit::no_connection,
          session.remote().to_string() + ": it closed before the answer was complete",
          "without --tcp, over udp")
          .explained_by(NetError::closed, session.remote());
    buffer = buffer.subspan(bytes.size());
  }
}

DnsReply ask_tcp(ClientSession& session, const std::string& query, std::uint16_t id,
                 const DnsQuestion& question) {
  std::string framed = {static_cast<char>(static_cast<std::uint8_t>(query.size() >> 8)),
                        static_cast<char>(static_cast<std::uint8_t>(query.size()))};
  session.write(framed + query);  // in one segment (RFC 7766 section 8)
  std::array<std::uint8_t, 2> prefix{};
  read_exactly(session, prefix);
  std::vector<std::uint8_t> buffer(static_cast<std::size_t>(prefix[0] << 8 | prefix[1]));
  read_exactly(session, buffer);
  auto message = dns::read_message(buffer);
  if (!message) throw not_dns(session, message.error().text);
  if (!answers(*message, id, question.question))
    throw not_dns(session, "it answers another question");
  return {std::move(*message), buffer.size(), Transport::tcp, {}};
}

}  // namespace

bool answers(const dns::Message& message, std::uint16_t id, const dns::Question& question) {
  if (!message.header.response || message.header.id != id) return false;
  // A server that could not parse the question may leave it out.
  if (message.questions.empty()) return message.rcode() != dns::Rcode::NOERROR;
  return message.questions.size() == 1 && message.questions.front() == question;
}

Target dns_server(const ClientOptions& options, Transport transport) {
  static const std::vector<ListenerRow> no_listeners;
  if (options.dns)
    return {transport, options.dns->host, options.dns->port.value_or(dns_default_port)};
  const auto* ours = local_server();
  for (const auto& row : ours != nullptr && ours->here ? ours->listeners : no_listeners) {
    if (row.service != "dns" || row.endpoint.transport != transport) continue;
    const auto& address = row.endpoint.address;
    const std::string loopback = address.is_v6() ? "::1" : "127.0.0.1";
    return {transport, address.is_unspecified() ? loopback : address.to_string(),
            row.endpoint.port};
  }
  return {transport, "127.0.0.1", dns_default_port};
}

DnsReply ask_dns(ClientSession& session, const DnsQuestion& question) {
  const auto id = random_id();
  const auto query =
      dns::make_query(id, question.question, question.udp_bytes, question.recursion_desired);
  const auto start = Clock::now();
  auto reply = session.remote().transport == Transport::udp ? ask_udp(session, query, id, question)
                                                            : ask_tcp(session, query, id, question);
  reply.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  return reply;
}

DnsReply look_up(const dns::Question& question, const ClientOptions& options) {
  ClientOptions own;
  own.timeout = options.timeout;
  auto datagram = connect_to(dns_server(options, Transport::udp), own);
  auto reply = ask_dns(datagram, {question});
  if (!reply.message.header.truncated) return reply;
  auto stream = connect_to(dns_server(options, Transport::tcp), own);
  return ask_dns(stream, {question});
}

}  // namespace portlab
