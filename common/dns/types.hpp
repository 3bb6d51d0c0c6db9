#pragma once
// The numbers of DNS and the words people know them by (RFC 1035 section 3.2, RFC 6895).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portlab::dns {

/// What a record holds, or what a question asks for. Any 16-bit number may occur; these have names.
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

/// The four bits of the header, and with EDNS eight more above them (RFC 6891 section 6.1.3).
enum class Rcode : std::uint16_t {
  NOERROR = 0,
  FORMERR = 1,   ///< the server could not read the question
  SERVFAIL = 2,  ///< the server could not answer
  NXDOMAIN = 3,  ///< there is no such name
  NOTIMP = 4,    ///< the server does not know this kind of question
  REFUSED = 5,   ///< the server does not answer this to you
  NOTAUTH = 9,
  BADVERS = 16,  ///< the server does not speak this version of EDNS
};

enum class Opcode : std::uint8_t { QUERY = 0, IQUERY = 1, STATUS = 2, NOTIFY = 4, UPDATE = 5 };

/// The length of a message's header.
inline constexpr std::size_t header_bytes = 12;
/// What a datagram holds at most without EDNS (RFC 1035 section 4.2.1).
inline constexpr std::size_t udp_bytes_plain = 512;
/// What we say we take in a datagram: fits every path, unfragmented (DNS flag day 2020).
inline constexpr std::uint16_t udp_bytes_ours = 1232;
/// The longest message there is: TCP's length prefix has 16 bits.
inline constexpr std::size_t message_bytes_max = 65535;

/// True for what only a question or the message's machinery may use: never data of a zone
/// (RFC 6895 section 3.1).
constexpr bool is_meta(Type type) {
  const auto number = static_cast<std::uint16_t>(type);
  return type == Type::OPT || number == 0 || (128 <= number && number <= 255);
}

/// "A", "SRV", …; "TYPE1234" for a number without a name (RFC 3597 section 5).
std::string to_string(Type type);
std::string to_string(Class number);
std::string to_string(Rcode rcode);
std::string to_string(Opcode opcode);

/// Reads "a", "SRV", "TYPE1234"; upper and lower case alike.
std::optional<Type> type_from_text(std::string_view text);
/// Reads "IN", "CH", "CLASS3".
std::optional<Class> class_from_text(std::string_view text);

/// One letter in lower case, ASCII only, as DNS compares (RFC 4343).
constexpr char lower(char c) {
  return 'A' <= c && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
/// Equal but for the case of ASCII letters.
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace portlab::dns
