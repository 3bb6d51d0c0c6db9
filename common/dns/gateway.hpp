#pragma once
// The gateway in an IPSECKEY record (RFC 4025) and the relay in an AMTRELAY record (RFC 8777): each
// is nothing, an IPv4 address, an IPv6 address, or a name, and its type is a number before it.

#include <span>
#include <string>

#include "common/bytes.hpp"
#include "common/dns/name.hpp"
#include "common/dns/rdata.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// True if the bytes are the type of the gateway, the algorithm of the key, the gateway, and the key.
/// Algorithm 0 means that there is no key (RFC 4025 section 2.4).
bool is_valid_gateway_and_key(Bytes bytes);

/// "1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==". The bytes must be valid.
std::string gateway_and_key_to_text(Bytes bytes);

/// Reads the same; a name is relative to `origin`, "." where there is no gateway.
Result<std::string> gateway_and_key_from_words(std::span<const Word> words, const Name& origin);

/// True if the bytes are the discovery bit with the type of the relay, and the relay.
bool is_valid_relay(Bytes bytes);

/// "0 1 203.0.113.15". The bytes must be valid.
std::string relay_to_text(Bytes bytes);

/// Reads the same; a name is relative to `origin`, "." where there is no relay.
Result<std::string> relay_from_words(std::span<const Word> words, const Name& origin);

}  // namespace portlab::dns
