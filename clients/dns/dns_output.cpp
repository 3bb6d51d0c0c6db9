#include "clients/dns/dns_output.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdio>

#include "clients/cli/terminal.hpp"
#include "common/dns/rdata.hpp"
#include "common/dns/reverse_name.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

double milliseconds_of(const DnsReply& reply) {
  return static_cast<double>(reply.round_trip.count()) / 1000;
}

std::string lines_of(const std::vector<dns::Record>& records, unsigned columns) {
  std::size_t owner_columns = 0;
  std::size_t type_columns = 0;
  for (const auto& record : records) {
    owner_columns = std::max(owner_columns, record.owner.to_text().size());
    type_columns = std::max(type_columns, dns::to_string(record.type).size());
  }
  std::string text;
  for (const auto& record : records) {
    std::string owner = record.owner.to_text();
    std::string ttl = std::to_string(record.ttl);
    std::string type = dns::to_string(record.type);
    owner.resize(owner_columns + 2, ' ');
    ttl.resize(std::max<std::size_t>(ttl.size(), 5) + 1, ' ');
    type.resize(type_columns + 2, ' ');
    const auto head = owner + ttl + type;
    const auto line = head + dns::rdata_to_text(record.type, as_bytes(record.rdata));
    const auto indent = static_cast<unsigned>(head.size());
    text += columns == 0 ? line : wrap(line, columns, indent < columns / 2 ? indent : 4);
    text += "\n";
  }
  return text;
}

bool has_type(const std::vector<dns::Record>& records, dns::Type type) {
  return std::any_of(records.begin(), records.end(),
                     [&](const dns::Record& record) { return record.type == type; });
}

/// Whether the SRV target is ".": the service is not available at this domain (RFC 2782).
bool is_unavailable(const std::vector<dns::Record>& records) {
  return !records.empty() &&
         std::all_of(records.begin(), records.end(), [](const dns::Record& record) {
           const auto host = dns::target_of(record.type, as_bytes(record.rdata));
           return record.type == dns::Type::SRV && host && host->is_root();
         });
}

/// How long a negative answer may be cached: the TTL of the SOA record (RFC 2308 section 5).
std::string cache_time(const dns::Message& message) {
  for (const auto& record : message.authorities)
    if (record.type == dns::Type::SOA)
      return " (may be cached for " + std::to_string(record.ttl) + " s)";
  return {};
}

json::array to_json(const std::vector<dns::Record>& records) {
  json::array out;
  for (const auto& record : records)
    out.push_back(json::object{{"name", record.owner.to_text()},
                               {"ttl", record.ttl},
                               {"type", dns::to_string(record.type)},
                               {"data", dns::rdata_to_text(record.type, as_bytes(record.rdata))}});
  return out;
}

/// The zone that a server needs for the answer: for an address, one of the reverse zones.
std::string zone_text(const dns::Question& question) {
  if (dns::is_reverse_name(question.name)) return "reverse zones (in-addr.arpa, ip6.arpa)";
  return short_text(question.name);
}

}  // namespace

std::string meaning_of(const dns::Message& message, const dns::Question& question) {
  const auto rcode = message.rcode();
  const auto code = dns::to_string(rcode);
  switch (rcode) {
    case dns::Rcode::NOERROR:
      break;
    case dns::Rcode::NXDOMAIN:
      return code + ": there is no such name" + cache_time(message);
    case dns::Rcode::REFUSED:
      return code + ": this server does not answer for " + zone_text(question);
    case dns::Rcode::SERVFAIL:
      return code + ": the server failed to find the answer";
    case dns::Rcode::YXDOMAIN:
      return code + ": a DNAME record makes the name longer than 255 bytes";
    case dns::Rcode::NOTIMP:
      return code + ": the server does not support this kind of question";
    case dns::Rcode::FORMERR:
      return code + ": the server could not read the question";
    default:
      return code;
  }
  const std::string by = message.header.authoritative ? ", from the authority" : "";
  if (message.header.truncated) return code + ", truncated (TC): the answer did not fit a datagram";
  if (question.type == dns::Type::SRV && is_unavailable(message.answers))
    return code + by + ", not available: the host \".\" means that the service does not exist";
  if (!message.answers.empty()) return code + by;
  if (!message.header.authoritative && has_type(message.authorities, dns::Type::NS))
    return code + ", a referral: ask these servers";
  return code + by + ", no data: the name exists, but has no " + dns::to_string(question.type) +
         cache_time(message);
}

std::string to_text(const DnsReply& reply, const dns::Question& question, bool brief,
                    unsigned columns) {
  const auto& message = reply.message;
  if (brief) return lines_of(message.answers, columns);
  std::string text = "; " + question.name.to_text() + " " + dns::to_string(question.type) + ": " +
                     meaning_of(message, question) + "\n" + lines_of(message.answers, columns);
  if (!message.authorities.empty())
    text += "; authority\n" + lines_of(message.authorities, columns);
  if (!message.additionals.empty())
    text += "; additional\n" + lines_of(message.additionals, columns);
  char time[32];
  std::snprintf(time, sizeof time, "%.2f", milliseconds_of(reply));
  return text + "; " + std::to_string(reply.bytes) + " bytes over " +
         std::string(to_string(reply.transport)) + " in " + time + " ms\n";
}

json::object to_json(const dns::Question& question) {
  return {{"name", question.name.to_text()},
          {"type", dns::to_string(question.type)},
          {"class", dns::to_string(question.class_)}};
}

json::object to_json(const DnsReply& reply) {
  const auto& message = reply.message;
  json::array flags;
  const auto flag = [&](bool set, const char* name) {
    if (set) flags.push_back(json::value(name));
  };
  flag(message.header.authoritative, "aa");
  flag(message.header.truncated, "tc");
  flag(message.header.recursion_desired, "rd");
  flag(message.header.recursion_available, "ra");
  flag(message.header.authentic_data, "ad");
  flag(message.header.checking_disabled, "cd");
  return {
      {"rcode", dns::to_string(message.rcode())},
      {"flags", std::move(flags)},
      {"answers", to_json(message.answers)},
      {"authority", to_json(message.authorities)},
      {"additional", to_json(message.additionals)},
      {"transport", to_string(reply.transport)},
      {"bytes", reply.bytes},
      {"milliseconds", milliseconds_of(reply)},
      {"irregularities", json::array(reply.irregularities.begin(), reply.irregularities.end())}};
}

}  // namespace portlab
