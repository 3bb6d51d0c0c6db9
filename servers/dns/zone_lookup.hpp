#pragma once
// The search in a zone for the records of a response: RFC 1034 section 4.3.2 without recursion,
// with wildcards as RFC 4592 defines them.

#include "common/dns/message.hpp"
#include "common/dns/message_writer.hpp"
#include "common/endpoint.hpp"
#include "servers/dns/dynamic_records.hpp"
#include "servers/dns/zone.hpp"

namespace portlab::dns {

/// The maximum number of CNAMEs that are followed for one question.
inline constexpr std::size_t cname_chain_max = 16;
/// The maximum number of address sets in the additional section.
inline constexpr std::size_t additional_sets_max = 32;

/// The fields of the response's header that depend on the records.
struct LookupResult {
  Rcode rcode = Rcode::NOERROR;
  bool authoritative = false;  ///< AA
  bool truncated = false;      ///< TC: a record set did not fit
};

/// Writes the records of the response to `question` into the three sections of `out`. The
/// question's name must be in the zone.
LookupResult find_records(const Zone& zone, const QueryContext& context, const Question& question,
                          MessageWriter& out);

}  // namespace portlab::dns
