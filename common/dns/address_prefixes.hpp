#pragma once
// The data of an APL record: a list of address prefixes (RFC 3123).

#include <span>
#include <string>

#include "common/bytes.hpp"
#include "common/dns/rdata.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// True if the bytes are a list, which may be empty, of prefixes of IPv4 and IPv6.
bool is_valid_prefix_list(Bytes bytes);

/// "1:192.168.32.0/21 !1:192.168.38.0/28". The bytes must be valid.
std::string prefix_list_to_text(Bytes bytes);

/// Reads prefixes of the form [!]FAMILY:ADDRESS/BITS. FAMILY is 1 for IPv4 and 2 for IPv6; "!" means
/// without this prefix.
Result<std::string> prefix_list_from_words(std::span<const Word> words);

}  // namespace portlab::dns
