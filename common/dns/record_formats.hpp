#pragma once
// The one table of the fields of each record type. Four functions use it: reading a message and
// checking data (rdata.cpp), printing (rdata_print.cpp), reading a zone file (rdata_text.cpp), and
// compressing names (message_writer.cpp). The data of types that are not in the table is handled as
// bytes (RFC 3597).

#include <cstdint>
#include <span>
#include <string_view>

#include "common/dns/types.hpp"

namespace portlab::dns {

/// One field of rdata: its bytes in a message, and its words in a zone file. Fields that go "to the
/// end" are the last ones of their type.
enum class Field : std::uint8_t {
  u8,
  u16,
  u32,
  period,            ///< 32 bits, in seconds; in text 3600 or 1h
  time,              ///< 32 bits, in seconds since 1970; in text YYYYMMDDHHmmSS (RFC 4034)
  type,              ///< 16 bits; in text A or TYPE1234
  algorithm,         ///< 8 bits; in text a number or a name such as RSASHA256 (RFC 4034)
  certificate_type,  ///< 16 bits; in text a number or a name such as PKIX (RFC 4398)
  name,              ///< written without compression (RFC 3597 section 4)
  compressed_name,   ///< written with compression, which RFC 1035 allows for its types
  ipv4,
  ipv6,
  eui48,       ///< six bytes; in text 00-00-5e-00-53-2a (RFC 7043)
  eui64,       ///< eight bytes, in the same way
  locator64,   ///< 64 bits; in text 2001:0db8:1140:1000 (RFC 6742)
  string,      ///< <character-string>: a length byte and that many bytes (RFC 1035 section 3.3)
  strings,     ///< one or more character-strings, to the end
  tag,         ///< a string of letters and digits, in text without quotes (CAA, RFC 8659)
  text,        ///< bytes without a length, to the end; in text in quotes
  salt,        ///< a length byte and bytes; in text hexadecimal, or - (NSEC3, RFC 5155)
  hash,        ///< a length byte and bytes; in text base32hex (NSEC3, RFC 5155)
  hex,         ///< one or more bytes to the end; in text hexadecimal
  base64,      ///< one or more bytes to the end; in text base64
  types,       ///< a set of types, to the end (RFC 4034 section 4.1.2)
  parameters,  ///< SvcParams, to the end (RFC 9460)
  location,    ///< the 16 bytes of LOC (RFC 1876)
  ports,       ///< a protocol and a set of ports, to the end (WKS, RFC 1035 section 3.4.2)
  prefixes,    ///< a list of address prefixes, to the end (APL, RFC 3123)
  gateway_and_key,  ///< to the end (IPSECKEY, RFC 4025)
  relay,            ///< to the end (AMTRELAY, RFC 8777)
  host_identity,    ///< to the end (HIP, RFC 8005)
};

/// The fields of a type; empty for a type that is not in the table.
std::span<const Field> fields_of(Type type);

/// True for a tag of CAA: letters and digits (RFC 8659 section 4.1).
bool is_tag(std::string_view text);

/// What a field must be, for error messages: "a number from 0 to 65535".
std::string_view description_of(Field field);

}  // namespace portlab::dns
