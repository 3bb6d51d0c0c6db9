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
  std::optional<ServerAddresses> server_addresses = {};
};

inline ZoneSource lab_test(std::string_view file) {
  return {Name::from_text("lab.test.").value(), file};
}

/// A zone from text; relative names are below lab.test.
inline Zone zone_from(std::string_view text) {
  return *parse_zone(text, lab_test("test.zone")).value().zone;
}

/// Why this text is no zone: "z:2: …"; "no error" if it is one.
inline std::string error_of_text(std::string_view text) {
  const auto loaded = parse_zone(text, lab_test("z"));
  return loaded ? "no error" : loaded.error().text;
}

/// All records of one name: "60 A 192.0.2.1\n".
inline std::string records_of(const Zone& zone, std::string_view name) {
  std::string text;
  const Node* const node = zone.find(Name::from_text(name).value().lowered().wire_text());
  if (node == nullptr) return "no such name";
  for (const auto& rrset : node->rrsets)
    for (const auto& rdata : rrset.rdata)
      text += std::to_string(rrset.ttl) + " " + to_string(rrset.type) + " " +
              rdata_to_text(rrset.type, as_bytes(rdata)) + "\n";
  return text;
}

/// The zone of the lab.
inline LoadedZone load_lab_zone() { return load_zone({{}, PORTLAB_LAB_ZONE}).value(); }

/// A set of this zone alone, which must outlive it.
inline ZoneSet only(const Zone& zone) {
  return ZoneSet({std::shared_ptr<const Zone>(std::shared_ptr<const Zone>(), &zone)});
}

inline Question question(std::string_view name, std::string_view type, Class class_ = Class::IN) {
  return {Name::from_text(name).value(), type_from_text(type).value(), class_};
}

/// The bytes of the response to the bytes of a query.
inline std::string response_bytes(const ZoneSet& zones, std::string_view query,
                                  const QueryOptions& options = {}) {
  static std::array<std::uint8_t, message_bytes_max> scratch;
  const Endpoint client{options.transport, parse_address("127.0.0.11").value(), 49876, {}};
  std::string note;
  return std::string(
      as_text(make_response(zones, {client, options.listeners, options.server_addresses},
                            as_bytes(query), scratch, note)));
}

inline std::string response_bytes(const Zone& zone, std::string_view query,
                                  const QueryOptions& options = {}) {
  return response_bytes(only(zone), query, options);
}

inline Message response_to(const ZoneSet& zones, const Question& question,
                           const QueryOptions& options = {}) {
  return read_message(
             as_bytes(response_bytes(zones, make_query(7, question, options.udp_bytes), options)))
      .value();
}

inline Message response_to(const Zone& zone, const Question& question,
                           const QueryOptions& options = {}) {
  return response_to(only(zone), question, options);
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
