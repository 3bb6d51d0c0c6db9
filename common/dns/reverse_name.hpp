#pragma once
// The names of addresses, for PTR records: 11.0.0.127.in-addr.arpa for 127.0.0.11 (RFC 1035 section
// 3.5), the nibbles of an IPv6 address below ip6.arpa (RFC 3596 section 2.5).

#include <optional>

#include "common/dns/name.hpp"
#include "common/net.hpp"

namespace portlab::dns {

/// The name of an address.
Name reverse_name(const asio::ip::address& address);

/// The address of such a name; nullopt: it is another name, or one of a network.
std::optional<asio::ip::address> address_of_reverse_name(const Name& name);

/// True for all names below in-addr.arpa and ip6.arpa.
bool is_reverse_name(const Name& name);

}  // namespace portlab::dns
