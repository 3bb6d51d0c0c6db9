#include "servers/dns/query.hpp"

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
    if (!additional || edns || !head->owner.is_root() || !is_valid_options(*rdata)) return false;
    edns = Edns::from(*head);
  }
  return true;
}

}  // namespace

std::optional<Query> read_query(Bytes bytes) {
  ByteReader in(bytes);
  const auto header = read_header(in);
  if (!header || header->response) return std::nullopt;
  Query query;
  query.header = *header;
  // Other opcodes have other bodies (UPDATE's question is a zone): theirs is not read at all.
  if (header->opcode != Opcode::QUERY) {
    query.verdict = Rcode::NOTIMP;
    return query;
  }
  query.verdict = Rcode::FORMERR;
  if (header->questions != 1) return query;  // RFC 9619
  query.question = read_question(in);
  if (!query.question) return query;
  if (!read_section(in, header->answers, false, query.edns) ||
      !read_section(in, header->authorities, false, query.edns) ||
      !read_section(in, header->additionals, true, query.edns)) {
    query.edns.reset();
    return query;
  }
  // What stands behind the last record is ignored, as BIND and NSD do.
  query.verdict = query.edns && query.edns->version > 0 ? Rcode::BADVERS : Rcode::NOERROR;
  return query;
}

}  // namespace portlab::dns
