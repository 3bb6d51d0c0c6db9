#pragma once
// Sends queries to make_response() without a socket, and shows messages as text.

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/dns/message.hpp"
#include "common/dns/rdata.hpp"
#include "servers/dns/dns_response.hpp"
#include "servers/dns/zone_file.hpp"

namespace portlab::dns {

/// How a query is sent.
struct QueryOptions {
  Transport transport = Transport::udp;
  std::uint16_t udp_bytes = 1232;  ///< 0: without EDNS
  CurrentListeners listeners = {};
};

inline Zone zone_from(std::string_view text) { return *parse_zone(text, "test.zone").value().zone; }

inline Question question(std::string_view name, std::string_view type, Class class_ = Class::IN) {
  return {Name::from_text(name).value(), type_from_text(type).value(), class_};
}

/// The bytes of the response to the bytes of a query.
inline std::string response_bytes(const Zone& zone, std::string_view query,
                                  const QueryOptions& options = {}) {
  static std::array<std::uint8_t, message_bytes_max> scratch;
  const Endpoint client{options.transport, parse_address("127.0.0.11").value(), 49876, {}};
  std::string note;
  return std::string(
      as_text(make_response(zone, options.listeners, as_bytes(query), client, scratch, note)));
}

inline Message response_to(const Zone& zone, const Question& question,
                           const QueryOptions& options = {}) {
  return read_message(
             as_bytes(response_bytes(zone, make_query(7, question, options.udp_bytes), options)))
      .value();
}

inline std::string to_text(const std::vector<Record>& records) {
  std::string text;
  for (const auto& record : records)
    text += "\n" + record.owner.to_text() + " " + std::to_string(record.ttl) + " " +
            to_string(record.type) + " " + rdata_to_text(record.type, as_bytes(record.rdata));
  return text;
}

/// "NOERROR aa" and the records, one per line, with "-- authority" and "-- additional" before these
/// sections.
inline std::string to_text(const Message& message) {
  std::string text = to_string(message.rcode());
  if (message.header.authoritative) text += " aa";
  if (message.header.truncated) text += " tc";
  if (message.header.recursion_desired) text += " rd";
  if (message.header.recursion_available) text += " ra";
  if (message.header.authentic_data) text += " ad";
  if (message.header.checking_disabled) text += " cd";
  text += to_text(message.answers);
  if (!message.authorities.empty()) text += "\n-- authority" + to_text(message.authorities);
  if (!message.additionals.empty()) text += "\n-- additional" + to_text(message.additionals);
  return text;
}

}  // namespace portlab::dns
