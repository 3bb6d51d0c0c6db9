#pragma once
// From the bytes of a query to the bytes of the response of an authoritative server (RFC 1035
// section 4, RFC 6891). No state, no socket.
//
//   make_response -> read_query
//                 -> find_records (zone_lookup.hpp), or an error, or an answer in class CH,
//                    or find_names (reverse_lookup.hpp)
//                 -> the OPT record and the header

#include <optional>
#include <string>

#include "common/bytes.hpp"
#include "common/dns/message.hpp"
#include "common/endpoint.hpp"
#include "servers/dns/dynamic_records.hpp"
#include "servers/dns/zone_set.hpp"

namespace portlab::dns {

/// The parts of a query that an authoritative server needs; no heap memory.
struct Query {
  Header header;
  std::optional<Question> question;
  std::optional<Edns> edns;
  /// NOERROR, or the error of the response: FORMERR, NOTIMP, BADVERS.
  Rcode rcode = Rcode::NOERROR;
};

/// Reads a query. nullopt: no response may be sent, because the bytes are shorter than a header, or
/// are a response themselves (two servers would answer each other endlessly).
std::optional<Query> read_query(Bytes bytes);

/// Writes the response into `buffer` and returns it; empty: no response may be sent. A response to
/// a datagram is never longer than the client accepts. `note` becomes "A www.lab.test NOERROR".
Bytes make_response(const ZoneSet& zones, const QueryContext& context, Bytes query,
                    MutableBytes buffer, std::string& note);

/// A response without records and with the flag TC, so that the client repeats the query over TCP;
/// empty: no response may be sent.
Bytes make_truncated_response(Bytes query, MutableBytes buffer, std::string& note);

}  // namespace portlab::dns
