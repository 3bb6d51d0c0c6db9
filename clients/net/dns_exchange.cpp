#include "clients/net/dns_exchange.hpp"

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>
#include <vector>

#include "clients/net/connection_failure.hpp"
#include "clients/net/control_client.hpp"

namespace portlab {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::uint16_t random_id() {
  static std::random_device device;  // RFC 5452: must be hard to guess for an attacker
  return static_cast<std::uint16_t>(device());
}

CommandError no_answer(const ClientSession& session, const std::string& why) {
  return peer_failure(Exit::failed, NetError::wrong_service, session.remote(), why,
                      "is this a DNS server? " + connect_advice(session.remote()));
}

milliseconds milliseconds_left(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  return std::max(left, milliseconds(0));
}

/// Whether a server that does not know EDNS answers so (RFC 6891 section 7). Some send the OPT record
/// of the question back.
bool rejects_edns(const dns::Message& message, const DnsQuestion& question) {
  const auto rcode = message.rcode();
  return question.udp_bytes != 0 &&
         (rcode == dns::Rcode::FORMERR || (rcode == dns::Rcode::NOTIMP && !message.edns));
}

/// The reply in these bytes; an error for a question, and for the answer to another question.
/// Students' servers leave out the question or the QR bit, and dig reads their replies.
Result<DnsReply> reply_of(Bytes bytes, const dns::LenientMessage& read, std::uint16_t id,
                          const dns::Question& question) {
  const auto& message = read.message;
  const auto& asked = message.questions;
  // Where the question is left out, the first answer shows what it was.
  const bool is_other =
      asked.empty() ? !message.answers.empty() && message.answers.front().owner != question.name
                    : !(asked.front() == question);
  if (message.header.id != id || is_other)
    return Error{"a DNS message came back that answers another question"};
  if (!message.header.response && message.rcode() == dns::Rcode::NOERROR &&
      message.answers.empty() && message.authorities.empty())
    return Error{"a question came back, not an answer"};
  DnsReply reply;
  reply.message = message;
  reply.bytes = bytes.size();
  reply.irregularities = read.irregularities;
  if (answers(message, id, question)) return reply;
  if (!message.header.response)
    reply.irregularities.emplace_back("the QR bit is 0, as in a question (RFC 1035 section 4.1.1)");
  if (asked.empty() && !message.header.truncated && message.rcode() == dns::Rcode::NOERROR)
    reply.irregularities.emplace_back(
        "the question section is empty, and a reply repeats the question (RFC 1035 section "
        "4.1.2)");
  if (asked.size() > 1)
    reply.irregularities.push_back("the question section has " + std::to_string(asked.size()) +
                                   " questions, and one was asked");
  return reply;
}

constexpr const char* is_echo = "the question itself came back, as from an echo server";

DnsReply ask_udp(ClientSession& session, const std::string& query, std::uint16_t id,
                 const DnsQuestion& question) {
  std::vector<std::uint8_t> buffer(dns::message_bytes_max);
  const auto deadline = Clock::now() + session.timeout();
  session.write(query);
  if (!session.wait_readable(session.timeout() / 2)) session.write(query);
  std::string stray;
  while (session.wait_readable(milliseconds_left(deadline))) {
    const auto bytes = session.read_some(buffer);
    if (as_text(bytes) == query) {
      stray = is_echo;
      continue;
    }
    const auto read = dns::read_message_leniently(bytes);
    if (!read) {
      stray = "what came back is no DNS message: " + read.error().text;
      continue;
    }
    auto reply = reply_of(bytes, *read, id, question.question);
    if (reply) return std::move(*reply);
    stray = reply.error().text;
  }
  if (!stray.empty()) throw no_answer(session, stray);
  throw session.timed_out();
}

/// Fills the whole buffer, or throws. `is_message`: the buffer is what the length announced.
void read_exactly(ClientSession& session, MutableBytes buffer, bool is_message) {
  std::size_t count = 0;
  const auto incomplete = [&](NetError net_error, const std::string& what) {
    const bool announced = is_message && count > 0;
    return peer_failure(
        Exit::no_connection, net_error, session.remote(),
        what + (announced ? ": its first two bytes announce " + std::to_string(buffer.size()) +
                                " bytes, and " + std::to_string(count) + " came"
                          : ""),
        announced ? "does the server send the length before the message (RFC 1035 section 4.2.2)?"
                  : "without --tcp, over udp");
  };
  while (count < buffer.size()) {
    try {
      const auto bytes = session.read_some(buffer.subspan(count));
      if (bytes.empty())
        throw incomplete(NetError::closed, "it closed before the answer was complete");
      count += bytes.size();
    } catch (const CommandError& failure) {
      const auto& error = failure.system_error();
      if (count == 0 || !error || error->error != ETIMEDOUT) throw;
      throw incomplete(NetError::timeout, "timed out: the answer is not complete");
    }
  }
}

DnsReply ask_tcp(ClientSession& session, const std::string& query, std::uint16_t id,
                 const DnsQuestion& question) {
  std::string framed = {static_cast<char>(static_cast<std::uint8_t>(query.size() >> 8)),
                        static_cast<char>(static_cast<std::uint8_t>(query.size()))};
  session.write(framed + query);  // in one segment (RFC 7766 section 8)
  std::array<std::uint8_t, 2> prefix{};
  read_exactly(session, prefix, false);
  std::vector<std::uint8_t> buffer(static_cast<std::size_t>(prefix[0] << 8 | prefix[1]));
  read_exactly(session, buffer, true);
  if (as_text(buffer) == query) throw no_answer(session, is_echo);
  const auto read = dns::read_message_leniently(buffer);
  if (!read) throw no_answer(session, "what came back is no DNS message: " + read.error().text);
  auto reply = reply_of(buffer, *read, id, question.question);
  if (!reply) throw no_answer(session, reply.error().text);
  reply->transport = Transport::tcp;
  return std::move(*reply);
}

DnsReply ask_once(ClientSession& session, const DnsQuestion& question) {
  const auto id = random_id();
  const auto query =
      dns::make_query(id, question.question, question.udp_bytes, question.recursion_desired);
  const auto start = Clock::now();
  auto reply = session.remote().transport == Transport::udp ? ask_udp(session, query, id, question)
                                                            : ask_tcp(session, query, id, question);
  reply.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  return reply;
}

}  // namespace

bool answers(const dns::Message& message, std::uint16_t id, const dns::Question& question) {
  if (!message.header.response || message.header.id != id) return false;
  // A server that could not parse the question may leave it out.
  if (message.questions.empty()) return message.rcode() != dns::Rcode::NOERROR;
  return message.questions.size() == 1 && message.questions.front() == question;
}

std::string short_text(const dns::Name& name) {
  std::string text;
  name.append_short_text(text);
  return text;
}

Target dns_server(const ClientOptions& options, Transport transport) {
  if (options.dns)
    return {transport, options.dns->host, options.dns->port.value_or(dns_default_port)};
  for (const auto& row : local_listeners()) {
    if (row.service != "dns" || row.endpoint.transport != transport) continue;
    const auto& address = row.endpoint.address;
    const std::string loopback = address.is_v6() ? "::1" : "127.0.0.1";
    return {transport, address.is_unspecified() ? loopback : address.to_string(),
            row.endpoint.port};
  }
  return {transport, "127.0.0.1", dns_default_port};
}

DnsReply ask_dns(ClientSession& session, const DnsQuestion& question) {
  const auto reply = ask_once(session, question);
  if (!rejects_edns(reply.message, question)) return reply;
  auto plain = question;
  plain.udp_bytes = 0;
  try {
    auto second = ask_once(session, plain);
    const auto rcode = second.message.rcode();
    second.without_edns = rcode == dns::Rcode::NOERROR || rcode == dns::Rcode::NXDOMAIN;
    return second;
  } catch (const CommandError&) {
    return reply;  // without EDNS the server answers nothing: its first answer counts
  }
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
