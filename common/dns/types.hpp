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
  PTR = 12,
  HINFO = 13,
  MX = 15,
  TXT = 16,
  AAAA = 28,
  SRV = 33,
  DNAME = 39,
  OPT = 41,
  DS = 43,
  TKEY = 249,
  TSIG = 250,
  IXFR = 251,
  AXFR = 252,
  MAILB = 253,
  MAILA = 254,
  ANY = 255,
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

/// A byte in lower case if it is an ASCII letter: DNS compares names this way (RFC 4343).
constexpr char lower(char c) {
  return 'A' <= c && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
/// Whether two texts are equal except for the case of ASCII letters.
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace portlab::dns
