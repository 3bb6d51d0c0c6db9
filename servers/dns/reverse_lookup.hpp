#pragma once
// PTR records for the addresses in the zones: no reverse zone is needed for them.

#include "common/dns/message.hpp"
#include "common/dns/message_writer.hpp"
#include "common/net.hpp"
#include "servers/dns/zone_lookup.hpp"
#include "servers/dns/zone_set.hpp"

namespace portlab::dns {

/// Answers a question about the name of an address with a PTR record for each name that has this
/// address in the zones, in the order of the files, and with the TTL of the address record.
/// `address` is the address to look up: usually that of the question's name. REFUSED: no name has
/// this address.
LookupResult find_names(const ZoneSet& zones, const asio::ip::address& address,
                        const Question& question, MessageWriter& out);

}  // namespace portlab::dns
