#include "servers/dns/dns_query.hpp"

namespace portlab::dns {
namespace {

// Skips the records of a section; in the additional section it keeps the OPT record. False: broken.
bool read_section(ByteReader& in, std::uint16_t count, bool additional, std::optional<Edns>& edns) {
  for (std::uint16_t i = 0; i < count; ++i) {
    const auto head = read_record_head(in);
    if (!head) return false;
    const auto rdata = in.take(head->rdata_length);
    if (head->type != Type::OPT) continue;
    // RFC 6891 section 6.1.1: one OPT, in the additional section, owned by the root.
    if (!additional || edns || !head->owner.is_root()) return false;
    edns = Edns::from(*head);
    if (!is_valid_options(*rdata)) return false;
  }
  return true;
}

// Reads the question and the OPT record behind it. False: broken.
bool read_body(ByteReader& in, Query& query) {
  const Header& header = query.header;
  // Several are read, although they are refused: behind them stands the OPT that is answered with
  // one (RFC 6891 section 6.1.1).
  for (std::uint16_t i = 0; i < header.questions; ++i) {
    query.question = read_question(in);
    if (!query.question) return false;
  }
  // What stands behind the last record is ignored, as BIND and NSD do.
  return read_section(in, header.answers, false, query.edns) &&
         read_section(in, header.authorities, false, query.edns) &&
         read_section(in, header.additionals, true, query.edns);
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
    query.question.reset();  // other opcodes put other things there: UPDATE a zone
    query.verdict = Rcode::NOTIMP;
  } else if (!complete || header->questions != 1) {  // exactly one (RFC 9619)
    query.verdict = Rcode::FORMERR;
  } else if (query.edns && query.edns->version > 0) {
    query.verdict = Rcode::BADVERS;
  }
  return query;
}

}  // namespace portlab::dns
