#include "servers/dns/dns_service.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "common/dns/types.hpp"
#include "servers/dns/dns_response.hpp"
#include "servers/dns/response_rate_limit.hpp"

namespace portlab {
namespace {

using namespace std::chrono_literals;

// The maximum time from the first byte of a query over TCP to its last.
constexpr auto query_time_max = 10s;
// Responses over TCP are collected up to this size, then written.
constexpr std::size_t responses_bytes_max = std::size_t{64} * 1024;

/// Answers queries, over either transport.
class Responder {
 public:
  Responder(std::shared_ptr<const dns::ZoneStore> zones, const ServerView& server,
            const dns::DnsOptions& options)
      : zones_(std::move(zones)),
        listeners_([&server] { return server.listeners(); }),
        addresses_(options.public_addresses, listeners_) {}

  Bytes respond(Bytes query, const dns::QuestionEnds& ends, MutableBytes scratch,
                std::string& note) const {
    const auto zones = zones_->get();
    const dns::QueryContext context{ends.client, listeners_, addresses_.find(ends)};
    return dns::make_response(*zones, context, query, scratch, note);
  }

 private:
  const std::shared_ptr<const dns::ZoneStore> zones_;
  const dns::CurrentListeners listeners_;
  const dns::ServerAddressFinder addresses_;
};

class DnsDatagrams final : public DatagramService {
 public:
  DnsDatagrams(std::shared_ptr<const Responder> responder, unsigned responses_per_second)
      : responder_(std::move(responder)), rate_limit_(responses_per_second) {}

  std::optional<Bytes> reply(const Datagram& query, MutableBytes scratch,
                             std::string& note) override {
    Bytes response;
    switch (limit(query)) {
      case dns::ResponseRateLimit::Action::drop:
        note = "dropped: rate limit";
        break;
      case dns::ResponseRateLimit::Action::truncate:
        response = dns::make_truncated_response(query.payload, scratch, note);
        break;
      case dns::ResponseRateLimit::Action::answer:
        response = responder_->respond(query.payload, {query.remote, query.local}, scratch, note);
        break;
    }
    if (response.empty()) return std::nullopt;
    return response;
  }

 private:
  // No limit on loopback: packets with a loopback address do not come from other hosts.
  dns::ResponseRateLimit::Action limit(const Datagram& query) {
    if (query.local.address.is_loopback()) return dns::ResponseRateLimit::Action::answer;
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return rate_limit_.count_query(
        query.remote.address,
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count()));
  }

  const std::shared_ptr<const Responder> responder_;
  dns::ResponseRateLimit rate_limit_;
};

// Over TCP two bytes with the length precede each message (RFC 1035 section 4.2.2). Several queries
// may arrive together, or one in pieces; the responses are sent in the order of the queries.
class DnsStream final : public StreamService {
 public:
  explicit DnsStream(std::shared_ptr<const Responder> responder)
      : responder_(std::move(responder)) {}

  Task<void> serve(Connection& client) override {
    for (;;) {
      client.start_idle_timeout();
      bool begun = false;
      while (!complete_message(client.pending())) {
        if (!begun && !client.pending().empty()) {
          client.set_message_deadline(query_time_max);
          begun = true;
        }
        const bool more = co_await client.receive();
        if (!more) co_return;
      }
      std::string responses;
      bool is_dns = true;
      while (is_dns && responses.size() < responses_bytes_max) {
        const auto query = complete_message(client.pending());
        if (!query) break;
        // Shorter than a header: this is not DNS, so the next two bytes are not a length.
        is_dns = query->size() >= dns::header_bytes;
        append_response(client, *query, responses);
        client.consume(2 + query->size());
      }
      if (!responses.empty()) co_await client.write(responses);
      if (!is_dns) co_return;
    }
  }

 private:
  static std::optional<std::string_view> complete_message(std::string_view pending) {
    ByteReader in(as_bytes(pending));
    const auto length = in.u16();
    if (!length || *length > in.left()) return std::nullopt;
    return pending.substr(2, *length);
  }

  // One buffer per thread, so that an idle session has none.
  void append_response(Connection& client, std::string_view query, std::string& responses) const {
    thread_local std::array<std::uint8_t, dns::message_bytes_max> scratch;
    std::string note;
    const Bytes response =
        responder_->respond(as_bytes(query), {client.remote(), client.local()}, scratch, note);
    if (response.empty()) return;
    responses += static_cast<char>(static_cast<std::uint8_t>(response.size() >> 8));
    responses += static_cast<char>(static_cast<std::uint8_t>(response.size()));
    responses += as_text(response);
    client.note(note);
  }

  const std::shared_ptr<const Responder> responder_;
};

}  // namespace

Service make_dns_service(std::shared_ptr<const dns::ZoneStore> zones, const ServerView& server,
                         const dns::DnsOptions& options) {
  const auto responder = std::make_shared<const Responder>(std::move(zones), server, options);
  return {known_service("dns"), std::make_unique<DnsStream>(responder),
          std::make_unique<DnsDatagrams>(responder, options.responses_per_second)};
}

}  // namespace portlab
