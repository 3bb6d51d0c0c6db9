#include "servers/dns/dns_service.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "common/dns/types.hpp"
#include "servers/dns/dns_answer.hpp"
#include "servers/dns/response_rate_limit.hpp"

namespace portlab {
namespace {

using namespace std::chrono_literals;

// From the first byte of a query over TCP to its last.
constexpr auto query_time_max = 10s;
// Answers are written together until they reach this; then the asker has to read first.
constexpr std::size_t answers_bytes_max = std::size_t{64} * 1024;

class DnsDatagrams final : public DatagramService {
 public:
  DnsDatagrams(std::shared_ptr<const dns::ZoneStore> zones, const ServerView& tables)
      : zones_(std::move(zones)), listeners_now_([&tables] { return tables.listeners(); }) {}

  std::optional<Bytes> reply(const Datagram& query, MutableBytes scratch,
                             std::string& note) override {
    const auto response = respond(query, scratch, note);
    if (response.empty()) return std::nullopt;
    return response;
  }

 private:
  Bytes respond(const Datagram& query, MutableBytes scratch, std::string& note) {
    const auto zone = zones_->zone();
    switch (verdict(query)) {
      case dns::ResponseRateLimit::Verdict::silence:
        note = "limited: too many questions";
        return {};
      case dns::ResponseRateLimit::Verdict::truncate:
        return dns::answer_truncated(*zone, query.payload, scratch, note);
      case dns::ResponseRateLimit::Verdict::answer:
        break;
    }
    return dns::answer(*zone, listeners_now_, query.payload, query.remote, scratch, note);
  }

  // Nobody outside can reach, or be reached from, the loopback addresses.
  dns::ResponseRateLimit::Verdict verdict(const Datagram& query) {
    if (query.local.address.is_loopback()) return dns::ResponseRateLimit::Verdict::answer;
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return limit_.ask(
        query.remote.address,
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count()));
  }

  const std::shared_ptr<const dns::ZoneStore> zones_;
  const dns::ListenersNow listeners_now_;
  dns::ResponseRateLimit limit_;
};

// Over TCP a message follows its length in two bytes (RFC 1035 section 4.2.2). Queries may come
// many at once or in pieces; they are answered in order.
class DnsStream final : public StreamService {
 public:
  DnsStream(std::shared_ptr<const dns::ZoneStore> zones, const ServerView& tables)
      : zones_(std::move(zones)), listeners_now_([&tables] { return tables.listeners(); }) {}

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
      std::string answers;
      bool speaks_dns = true;
      while (speaks_dns && answers.size() < answers_bytes_max) {
        const auto query = complete_message(client.pending());
        if (!query) break;
        // Too short for a header: no DNS, and what follows as a length means nothing.
        speaks_dns = query->size() >= dns::header_bytes;
        append_answer(client, *query, answers);
        client.consume(2 + query->size());
      }
      if (!answers.empty()) co_await client.write(answers);
      if (!speaks_dns) co_return;
    }
  }

 private:
  static std::optional<std::string_view> complete_message(std::string_view pending) {
    ByteReader in(as_bytes(pending));
    const auto length = in.u16();
    if (!length || *length > in.left()) return std::nullopt;
    return pending.substr(2, *length);
  }

  // Composes on a buffer per thread, so that a session that waits holds none.
  void append_answer(Connection& client, std::string_view query, std::string& answers) const {
    thread_local std::array<std::uint8_t, dns::message_bytes_max> scratch;
    std::string note;
    const auto zone = zones_->zone();
    const Bytes response =
        dns::answer(*zone, listeners_now_, as_bytes(query), client.remote(), scratch, note);
    if (response.empty()) return;
    answers += static_cast<char>(static_cast<std::uint8_t>(response.size() >> 8));
    answers += static_cast<char>(static_cast<std::uint8_t>(response.size()));
    answers += as_text(response);
    client.note(note);
  }

  const std::shared_ptr<const dns::ZoneStore> zones_;
  const dns::ListenersNow listeners_now_;
};

}  // namespace

Service make_dns_service(std::shared_ptr<const dns::ZoneStore> zones, const ServerView& tables) {
  return {service_info("dns"), std::make_unique<DnsStream>(zones, tables),
          std::make_unique<DnsDatagrams>(zones, tables)};
}

}  // namespace portlab
