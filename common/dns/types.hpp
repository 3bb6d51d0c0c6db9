#pragma once
// The numbers in DNS messages and their names (RFC 1035 section 3.2, RFC 6895).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portlab::dns {

/// The type of a record or of a question. Any 16-bit number may occur; these have names here.
enum class Type : std::uint16_t {
  A = 1,
  NS = 2,
  CNAME = 5,
  SOA = 6,
  MB = 7,
  MG = 8,
  MR = 9,
  WKS = 11,
  PTR = 12,
  HINFO = 13,
  MINFO = 14,
  MX = 15,
  TXT = 16,
  RP = 17,
  AFSDB = 18,
  X25 = 19,
  ISDN = 20,
  RT = 21,
  SIG = 24,
  KEY = 25,
  PX = 26,
  GPOS = 27,
  AAAA = 28,
  LOC = 29,
  SRV = 33,
  NAPTR = 35,
  KX = 36,
  CERT = 37,
  DNAME = 39,
  OPT = 41,
  APL = 42,
  DS = 43,
  SSHFP = 44,
  IPSECKEY = 45,
  RRSIG = 46,
  NSEC = 47,
  DNSKEY = 48,
  DHCID = 49,
  NSEC3 = 50,
  NSEC3PARAM = 51,
  TLSA = 52,
  SMIMEA = 53,
  HIP = 55,
  NINFO = 56,
  TALINK = 58,
  CDS = 59,
  CDNSKEY = 60,
  OPENPGPKEY = 61,
  CSYNC = 62,
  ZONEMD = 63,
  SVCB = 64,
  HTTPS = 65,
  SPF = 99,
  NID = 104,
  L32 = 105,
  L64 = 106,
  LP = 107,
  EUI48 = 108,
  EUI64 = 109,
  TKEY = 249,
  TSIG = 250,
  IXFR = 251,
  AXFR = 252,
  MAILB = 253,
  MAILA = 254,
  ANY = 255,
  URI = 256,
  CAA = 257,
  AVC = 258,
  AMTRELAY = 260,
  RESINFO = 261,
  WALLET = 262,
};

enum class Class : std::uint16_t { IN = 1, CH = 3, HS = 4, NONE = 254, ANY = 255 };

/// The response code: four bits in the header, and with EDNS eight upper bits in the OPT record
/// (RFC 6891 section 6.1.3).
enum class Rcode : std::uint16_t {
  NOERROR = 0,
  FORMERR = 1,   ///< the query is malformed
  SERVFAIL = 2,  ///< the server failed
  NXDOMAIN = 3,  ///< the name does not exist
  NOTIMP = 4,    ///< not implemented
  REFUSED = 5,   ///< refused by policy
  YXDOMAIN = 6,  ///< a DNAME makes the name too long (RFC 6672 section 2.2)
  NOTAUTH = 9,
  BADVERS = 16,  ///< unsupported version of EDNS
};

enum class Opcode : std::uint8_t { QUERY = 0, IQUERY = 1, STATUS = 2, NOTIFY = 4, UPDATE = 5 };

/// The size of the header.
inline constexpr std::size_t header_bytes = 12;
/// The largest message over UDP without EDNS (RFC 1035 section 4.2.1).
inline constexpr std::size_t udp_bytes_plain = 512;
/// The UDP payload size of our EDNS: such a datagram is not fragmented on usual paths (DNS flag day
/// 2020).
inline constexpr std::uint16_t udp_bytes_default = 1232;
/// The largest message: the length prefix of TCP has 16 bits.
inline constexpr std::size_t message_bytes_max = 65535;

/// True for types that occur only in questions or as meta data, never in a zone (RFC 6895 section
/// 3.1).
constexpr bool is_meta(Type type) {
  const auto number = static_cast<std::uint16_t>(type);
  return type == Type::OPT || number == 0 || (128 <= number && number <= 255);
}

/// "A", "SRV", …; "TYPE1234" for a number without a name (RFC 3597 section 5).
std::string to_string(Type type);
std::string to_string(Class number);
std::string to_string(Rcode rcode);
std::string to_string(Opcode opcode);

/// Reads "SRV" or "TYPE33", in any case; nullopt if the text is neither.
std::optional<Type> type_from_text(std::string_view text);
/// Reads "IN" or "CLASS1", in any case; nullopt if the text is neither.
std::optional<Class> class_from_text(std::string_view text);

}  // namespace portlab::dns
