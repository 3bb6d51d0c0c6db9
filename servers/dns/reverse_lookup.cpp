#include "servers/dns/reverse_lookup.hpp"

#include "common/dns/rdata.hpp"

namespace portlab::dns {

LookupResult find_names(const ZoneSet& zones, const asio::ip::address& address,
                        const Question& question, MessageWriter& out) {
  const auto type = address.is_v4() ? Type::A : Type::AAAA;
  const auto rdata = rdata_of(address);
  const bool is_asked = question.type == Type::PTR || question.type == Type::ANY;
  LookupResult result{Rcode::REFUSED, false, false};
  const auto empty = out.mark();
  for (const auto& zone : zones.zones()) {
    for (const auto& name : zone->names_with(rdata)) {
      result = {Rcode::NOERROR, question.class_ == Class::IN, false};
      if (!is_asked) return result;
      const Rrset* const addresses =
          zone->find(Name::from_wire(as_bytes(name)).lowered().wire_text())->find(type);
      if (out.record(Section::answer, question.name, Type::PTR, Class::IN, addresses->ttl,
                     as_bytes(name)))
        continue;
      out.back_to(empty);  // the complete set or nothing (RFC 2181 section 9)
      result.truncated = true;
      return result;
    }
  }
  return result;
}

}  // namespace portlab::dns
