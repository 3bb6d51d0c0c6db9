#pragma once
// What a client sent, read as far as an authoritative server needs it, without heap memory.

#include <optional>

#include "common/bytes.hpp"
#include "common/dns/message.hpp"

namespace portlab::dns {

/// A query, or as much of it as could be read.
struct Query {
  Header header;
  std::optional<Question> question;
  std::optional<Edns> edns;
  /// NOERROR, or the error that is the answer: FORMERR, NOTIMP, BADVERS.
  Rcode verdict = Rcode::NOERROR;
};

/// Nothing: no reply may be sent, as it is no query (shorter than a header, or itself a response,
/// so that two servers never talk to each other for ever).
std::optional<Query> read_query(Bytes bytes);

}  // namespace portlab::dns
