#pragma once
// The authoritative answer to one query: bytes in, bytes out (RFC 1034 section 4.3.2, without
// recursion). Holds no state and opens no socket.
//
//   answer → read_query → (errors: header only, or header and question)
//          → Answer::resolve: the zone's tree, CNAMEs, wildcards, delegations
//          → Answer::finish: OPT, header

#include <functional>
#include <string>
#include <vector>

#include "common/bytes.hpp"
#include "common/endpoint.hpp"
#include "common/session_row.hpp"
#include "servers/dns/zone.hpp"

namespace portlab::dns {

/// Who listens here at this moment. Asked only where an answer depends on it (SRV).
using ListenersNow = std::function<std::vector<ListenerRow>()>;

/// How many CNAMEs are followed for one question.
inline constexpr std::size_t chain_max = 16;
/// How many addresses are added to an answer that did not ask for them.
inline constexpr std::size_t additional_sets_max = 32;

/// Writes the response into `scratch` and returns it; empty: no reply may be sent. A datagram's
/// response never exceeds what the asker takes. `note` becomes "A www.lab.test NOERROR".
Bytes answer(const Zone& zone, const ListenersNow& listeners_now, Bytes query,
             const Endpoint& client, MutableBytes scratch, std::string& note);

/// The answer that says nothing but "ask over TCP" (TC); empty: no reply may be sent.
Bytes answer_truncated(const Zone& zone, Bytes query, MutableBytes scratch, std::string& note);

}  // namespace portlab::dns
