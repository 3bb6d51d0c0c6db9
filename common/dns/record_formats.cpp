#include "common/dns/record_formats.hpp"
#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace portlab::dns {
namespace {

struct TypeFields {
  Type type;
  std::array<Field, 9> fields;
  std::size_t count;
};

template <class... F>
constexpr TypeFields row(Type type, F... fields) {
  return {type, {fields...}, sizeof...(fields)};
}

using enum Field;

constexpr TypeFields table[] = {
    // RFC 1035
    row(Type::A, ipv4),
    row(Type::NS, compressed_name),
    row(Type::CNAME, compressed_name),
    row(Type::SOA, compressed_name, compressed_name, u32, period, period, period, period),
    row(Type::MB, compressed_name),
    row(Type::MG, compressed_name),
    row(Type::MR, compressed_name),
    row(Type::WKS, ipv4, ports),
    row(Type::PTR, compressed_name),
    row(Type::HINFO, string, string),
    row(Type::MINFO, compressed_name, compressed_name),
    row(Type::MX, u16, compressed_name),
    row(Type::TXT, strings),
    // Later RFCs: no names are compressed (RFC 3597 section 4).
    row(Type::RP, name, name),                                                     // RFC 1183
    row(Type::AFSDB, u16, name),                                                   // RFC 1183
    row(Type::X25, string),                                                        // RFC 1183
    row(Type::ISDN, strings),                                                      // RFC 1183
    row(Type::RT, u16, name),                                                      // RFC 1183
    row(Type::AAAA, ipv6),                                                         // RFC 3596
    row(Type::SIG, type, algorithm, u8, period, time, time, u16, name, base64),    // RFC 2535
    row(Type::KEY, u16, u8, algorithm, base64),                                    // RFC 2535
    row(Type::PX, u16, name, name),                                                // RFC 2163
    row(Type::GPOS, string, string, string),                                       // RFC 1712
    row(Type::LOC, location),                                                      // RFC 1876
    row(Type::SRV, u16, u16, u16, name),                                           // RFC 2782
    row(Type::NAPTR, u16, u16, string, string, string, name),                      // RFC 3403
    row(Type::KX, u16, name),                                                      // RFC 2230
    row(Type::CERT, certificate_type, u16, algorithm, base64),                     // RFC 4398
    row(Type::DNAME, name),                                                        // RFC 6672
    row(Type::APL, prefixes),                                                      // RFC 3123
    row(Type::DS, u16, algorithm, u8, hex),                                        // RFC 4034
    row(Type::SSHFP, u8, u8, hex),                                                 // RFC 4255
    row(Type::IPSECKEY, u8, gateway_and_key),                                      // RFC 4025
    row(Type::RRSIG, type, algorithm, u8, period, time, time, u16, name, base64),  // RFC 4034
    row(Type::NSEC, name, types),                                                  // RFC 4034
    row(Type::DNSKEY, u16, u8, algorithm, base64),                                 // RFC 4034
    row(Type::DHCID, base64),                                                      // RFC 4701
    row(Type::NSEC3, u8, u8, u16, salt, hash, types),                              // RFC 5155
    row(Type::NSEC3PARAM, u8, u8, u16, salt),                                      // RFC 5155
    row(Type::TLSA, u8, u8, u8, hex),                                              // RFC 6698
    row(Type::SMIMEA, u8, u8, u8, hex),                                            // RFC 8162
    row(Type::HIP, host_identity),                                                 // RFC 8005
    row(Type::CDS, u16, algorithm, u8, hex),                                       // RFC 7344
    row(Type::CDNSKEY, u16, u8, algorithm, base64),                                // RFC 7344
    row(Type::OPENPGPKEY, base64),                                                 // RFC 7929
    row(Type::CSYNC, u32, u16, types),                                             // RFC 7477
    row(Type::ZONEMD, u32, u8, u8, hex),                                           // RFC 8976
    row(Type::SVCB, u16, name, parameters),                                        // RFC 9460
    row(Type::HTTPS, u16, name, parameters),                                       // RFC 9460
    row(Type::SPF, strings),                                                       // RFC 4408
    row(Type::NID, u16, locator64),                                                // RFC 6742
    row(Type::L32, u16, ipv4),                                                     // RFC 6742
    row(Type::L64, u16, locator64),                                                // RFC 6742
    row(Type::LP, u16, name),                                                      // RFC 6742
    row(Type::EUI48, eui48),                                                       // RFC 7043
    row(Type::EUI64, eui64),                                                       // RFC 7043
    row(Type::URI, u16, u16, text),                                                // RFC 7553
    row(Type::CAA, u8, tag, text),                                                 // RFC 8659
    row(Type::AMTRELAY, u8, relay),                                                // RFC 8777
    row(Type::RESINFO, strings),                                                   // RFC 9606
    // IANA's registry of types names their formats.
    row(Type::NINFO, strings),
    row(Type::TALINK, name, name),
    row(Type::AVC, strings),
    row(Type::WALLET, strings),
};

// The row of each type, plus 1; 0: none. A response looks up the type of each of its records.
constexpr std::size_t type_number_max = static_cast<std::size_t>(Type::WALLET);
constexpr auto row_numbers = [] {
  std::array<std::uint8_t, type_number_max + 1> numbers{};
  for (std::size_t i = 0; i < std::size(table); ++i)
    numbers[static_cast<std::size_t>(table[i].type)] = static_cast<std::uint8_t>(i + 1);
  return numbers;
}();

}  // namespace

std::span<const Field> fields_of(Type type) {
  const auto number = static_cast<std::size_t>(type);
  const std::size_t row_number = number <= type_number_max ? row_numbers[number] : 0;
  if (row_number == 0) return {};
  const auto& entry = table[row_number - 1];
  return std::span(entry.fields).first(entry.count);
}

bool is_tag(std::string_view bytes) {
  return !bytes.empty() && std::all_of(bytes.begin(), bytes.end(), [](char c) {
    return ('0' <= c && c <= '9') || ('a' <= lower(c) && lower(c) <= 'z');
  });
}

std::string_view description_of(Field field) {
  switch (field) {
    case u8:
      return "a number from 0 to 255";
    case u16:
      return "a number from 0 to 65535";
    case u32:
      return "a number from 0 to 4294967295";
    case period:
      return "a time in seconds, or like 1h30m";
    case time:
      return "a time like 20261231235959 (year, month, day, hour, minute, second)";
    case type:
      return "a type of record";
    case algorithm:
      return "an algorithm: a number from 0 to 255, or a name like RSASHA256";
    case certificate_type:
      return "a type of certificate: a number from 0 to 65535, or a name like PKIX";
    case name:
    case compressed_name:
      return "a domain name";
    case ipv4:
      return "an IPv4 address like 127.0.0.1";
    case ipv6:
      return "an IPv6 address like ::1";
    case eui48:
      return "an address like 00-00-5e-00-53-2a";
    case eui64:
      return "an address like 00-00-5e-ef-10-00-00-2a";
    case locator64:
      return "four groups of hexadecimal digits like 2001:0db8:1140:1000";
    case string:
    case strings:
    case text:
      return "a text";
    case tag:
      return "a tag of letters and digits like issue";
    case salt:
      return "a salt: hexadecimal digits, or -";
    case hash:
      return "a hash in base32hex";
    case hex:
      return "hexadecimal digits";
    case base64:
      return "base64";
    case types:
      return "a type of record";
    case parameters:
      return "a parameter like port=443";
    case location:
      return "a location like 51 30 12.7 N 0 7 39.6 W 10m";
    case ports:
      return "a protocol and its ports, like tcp 25 80";
    case prefixes:
      return "a prefix like 1:192.168.32.0/21";
    case gateway_and_key:
      return "a gateway and a key like 1 2 192.0.2.38 AQNRU3mG";
    case relay:
      return "a relay like 0 1 203.0.113.15";
    case host_identity:
      return "the identity of a host: an algorithm, a tag, a key, and names";
  }
  return "a value";
}

}  // namespace portlab::dns
