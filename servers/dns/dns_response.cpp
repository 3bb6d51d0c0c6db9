#include "servers/dns/dns_response.hpp"

#include <algorithm>

#include "common/dns/message_writer.hpp"
#include "common/dns/rdata.hpp"
#include "common/dns/reverse_name.hpp"
#include "common/text.hpp"
#include "servers/dns/reverse_lookup.hpp"
#include "servers/dns/zone_lookup.hpp"

namespace portlab::dns {
namespace {

// ---- the query

// Skips the records of a section; keeps the OPT record of the additional section. False: malformed.
bool read_section(ByteReader& in, std::uint16_t count, bool additional, std::optional<Edns>& edns) {
  for (std::uint16_t i = 0; i < count; ++i) {
    const auto head = read_record_head(in);
    if (!head) return false;
    const auto rdata = in.take(head->rdata_length);
    if (head->type != Type::OPT) continue;
    // RFC 6891 section 6.1.1: at most one OPT, in the additional section, with the root as owner.
    if (!additional || edns || !head->owner.is_root()) return false;
    edns = Edns::from(*head);
    if (!is_valid_options(*rdata)) return false;
  }
  return true;
}

// Reads the question and the OPT record. False: malformed.
bool read_body(ByteReader& in, Query& query) {
  const Header& header = query.header;
  // Several questions are refused, but they are read: an OPT after them must be answered with an
  // OPT (RFC 6891 section 6.1.1).
  for (std::uint16_t i = 0; i < header.questions; ++i) {
    query.question = read_question(in);
    if (!query.question) return false;
  }
  // Bytes after the last record are ignored, as BIND and NSD do.
  return read_section(in, header.answers, false, query.edns) &&
         read_section(in, header.authorities, false, query.edns) &&
         read_section(in, header.additionals, true, query.edns);
}

// ---- the response

// The largest response: for UDP what the client accepts, at least 512 (RFC 6891 section 6.2.3) and
// at most what this server sends.
std::size_t response_bytes_max(const Query& query, Transport transport) {
  if (transport != Transport::udp) return message_bytes_max;
  if (!query.edns) return udp_bytes_plain;
  return std::clamp<std::size_t>(query.edns->udp_bytes, udp_bytes_plain, udp_bytes_default);
}

// NOERROR if the zones have to be searched; else the error for this type or class.
Rcode question_error(const Question& question) {
  if (question.class_ != Class::IN && question.class_ != Class::ANY) return Rcode::REFUSED;
  switch (question.type) {
    case Type::AXFR:
    case Type::IXFR:  // this server has no zone transfers
      return Rcode::REFUSED;
    case Type::MAILA:
    case Type::MAILB:  // RFC 1035 section 3.2.3: obsolete, experimental
      return Rcode::NOTIMP;
    case Type::OPT:
    case Type::TSIG:
    case Type::TKEY:  // not valid in a question
      return Rcode::FORMERR;
    default:
      return Rcode::NOERROR;
  }
}

// Class CH asks for data about the server itself (RFC 4892).
LookupResult answer_chaos(const Question& question, MessageWriter& out) {
  std::string name;
  question.name.append_short_text(name);
  const bool known =
      equal_ignoring_case(name, "version.bind") || equal_ignoring_case(name, "version.server") ||
      equal_ignoring_case(name, "id.server") || equal_ignoring_case(name, "hostname.bind");
  if (!known || (question.type != Type::TXT && question.type != Type::ANY))
    return {Rcode::REFUSED, false, false};
  const auto version = character_string("portlab");
  out.record(Section::answer, question.name, Type::TXT, Class::CH, 0, as_bytes(*version));
  return {Rcode::NOERROR, true, false};
}

// The zone that answers. A DS record belongs to the parent's side of a zone cut (RFC 4035 section
// 3.1.4.1), so the parent answers for it if this server has both zones.
const Zone* zone_for(const ZoneSet& zones, const Question& question) {
  const Zone* const zone = zones.find(question.name);
  if (question.type != Type::DS || zone == nullptr || !(zone->apex() == question.name)) return zone;
  const Zone* const parent = zones.find(question.name.parent());
  return parent != nullptr ? parent : zone;
}

// The names of an address. That of this server, as other hosts use it, has the names of the loopback
// address.
LookupResult answer_reverse(const ZoneSet& zones, const QueryContext& context,
                            const asio::ip::address& address, const Question& question,
                            MessageWriter& out) {
  const auto& own = context.server_addresses;
  if (own && own->v4 == address)
    return find_names(zones, asio::ip::address_v4::loopback(), question, out);
  if (own && own->v6 == address)
    return find_names(zones, asio::ip::address_v6::loopback(), question, out);
  return find_names(zones, address, question, out);
}

LookupResult answer_query(const ZoneSet& zones, const QueryContext& context, const Query& query,
                          MessageWriter& out) {
  if (query.rcode != Rcode::NOERROR) return {query.rcode, false, false};
  const Question& question = *query.question;
  if (question.class_ == Class::CH) return answer_chaos(question, out);
  const Rcode error = question_error(question);
  if (error != Rcode::NOERROR) return {error, false, false};
  if (const Zone* const zone = zone_for(zones, question))
    return find_records(*zone, context, question, out);
  if (const auto address = address_of_reverse_name(question.name))
    return answer_reverse(zones, context, *address, question, out);
  return {Rcode::REFUSED, false, false};
}

Bytes finish(const Query& query, const LookupResult& result, MessageWriter& out,
             std::string_view options = {}) {
  if (query.edns) {
    const auto extended_rcode = static_cast<std::uint8_t>(static_cast<unsigned>(result.rcode) >> 4);
    out.opt({udp_bytes_default, extended_rcode, 0, query.edns->dnssec_ok}, options);
  }
  Header header;
  header.id = query.header.id;
  header.response = true;
  header.opcode = query.header.opcode;
  header.authoritative = result.authoritative;
  header.truncated = result.truncated;
  // RD is defined for QUERY only. AD and CD stay clear: this server does not validate (RFC 4035
  // section 3.1.6).
  header.recursion_desired = query.header.opcode == Opcode::QUERY && query.header.recursion_desired;
  header.rcode = result.rcode;
  return out.finish(header);
}

MessageWriter begin_response(const Query& query, MutableBytes buffer) {
  MessageWriter out(buffer, query.edns ? MessageWriter::opt_bytes : 0);
  if (query.question) out.question(*query.question);
  return out;
}

// "A www.lab.test NOERROR"
void describe(const Query& query, Rcode rcode, std::string& note) {
  note.clear();
  if (query.question) {
    note += to_string(query.question->type);
    note += ' ';
    query.question->name.append_short_text(note);
    note += ' ';
  } else if (query.header.opcode != Opcode::QUERY) {
    note += to_string(query.header.opcode);
    note += ' ';
  }
  note += to_string(rcode);
}

}  // namespace

std::optional<Query> read_query(Bytes bytes) {
  ByteReader in(bytes);
  const auto header = read_header(in);
  if (!header || header->response) return std::nullopt;
  Query query;
  query.header = *header;
  const bool complete = read_body(in, query);
  if (header->questions != 1) query.question.reset();
  if (header->opcode != Opcode::QUERY) {
    query.question.reset();  // other opcodes use this section in another way (UPDATE: the zone)
    query.rcode = Rcode::NOTIMP;
  } else if (!complete || header->questions != 1) {  // exactly one (RFC 9619)
    query.rcode = Rcode::FORMERR;
  } else if (query.edns && query.edns->version > 0) {
    query.rcode = Rcode::BADVERS;
  }
  return query;
}

Bytes make_response(const ZoneSet& zones, const QueryContext& context, Bytes bytes,
                    MutableBytes buffer, std::string& note) {
  const auto query = read_query(bytes);
  if (!query) return {};
  const auto limit = std::min(buffer.size(), response_bytes_max(*query, context.client.transport));
  MessageWriter out = begin_response(*query, buffer.first(limit));
  const LookupResult result = answer_query(zones, context, *query, out);
  describe(*query, result.rcode, note);
  return finish(*query, result, out);
}

Bytes make_truncated_response(Bytes bytes, MutableBytes buffer, std::string& note) {
  const auto query = read_query(bytes);
  if (!query || query->rcode != Rcode::NOERROR) return {};
  MessageWriter out = begin_response(*query, buffer.first(udp_bytes_plain));
  describe(*query, Rcode::NOERROR, note);
  note += " (rate limit: truncated)";
  // Without this, TC would look as if the response did not fit.
  static const std::string reason = ExtendedError{ExtendedError::other, "rate limited"}.option();
  return finish(*query, {Rcode::NOERROR, false, true}, out, reason);
}

}  // namespace portlab::dns
