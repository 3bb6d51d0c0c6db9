#include "common/dns/field_text.hpp"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <set>
#include <vector>

#include "common/dns/address_prefixes.hpp"
#include "common/dns/gateway.hpp"
#include "common/dns/host_identity.hpp"
#include "common/dns/location.hpp"
#include "common/dns/service_parameters.hpp"
#include "common/dns/signature_time.hpp"
#include "common/dns/text_encodings.hpp"
#include "common/dns/type_set.hpp"
#include "common/net.hpp"
#include "common/service_names.hpp"
#include "common/text.hpp"

namespace portlab::dns {
namespace {

void append_number(std::string& out, std::uint32_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint8_t>(value >> shift));
}

struct NumberName {
  std::uint16_t number;
  std::string_view name;
};

// Names of algorithms (RFC 4034 appendix A.1, with later ones of IANA's registry).
constexpr NumberName algorithms[] = {
    {1, "RSAMD5"},
    {2, "DH"},
    {3, "DSA"},
    {5, "RSASHA1"},
    {6, "DSA-NSEC3-SHA1"},
    {7, "RSASHA1-NSEC3-SHA1"},
    {8, "RSASHA256"},
    {10, "RSASHA512"},
    {12, "ECC-GOST"},
    {13, "ECDSAP256SHA256"},
    {14, "ECDSAP384SHA384"},
    {15, "ED25519"},
    {16, "ED448"},
    {252, "INDIRECT"},
    {253, "PRIVATEDNS"},
    {254, "PRIVATEOID"},
};
// RFC 4398 section 2.1.
constexpr NumberName certificate_types[] = {
    {1, "PKIX"}, {2, "SPKI"},   {3, "PGP"},     {4, "IPKIX"}, {5, "ISPKI"},
    {6, "IPGP"}, {7, "ACPKIX"}, {8, "IACPKIX"}, {253, "URI"}, {254, "OID"},
};

template <class Number, std::size_t n>
std::optional<Number> number_or_name(std::string_view text, const NumberName (&names)[n]) {
  for (const auto& entry : names)
    if (equal_ignoring_case(entry.name, text)) return static_cast<Number>(entry.number);
  return parse_decimal<Number>(text);
}

// Appends a number of `bytes` bytes. An Error without text: there is none.
template <class Number>
Result<void> append(std::string& out, std::optional<Number> number, int bytes) {
  if (!number) return Error{};
  append_number(out, *number, bytes);
  return {};
}

Result<void> append(std::string& out, const std::optional<std::string>& bytes) {
  if (!bytes || bytes->empty()) return Error{};
  out += *bytes;
  return {};
}

// A length byte and the bytes.
Result<void> append_counted(std::string& out, std::string_view bytes) {
  const auto counted = character_string(bytes);
  if (!counted) return counted.error();
  out += *counted;
  return {};
}

Result<void> append_address(std::string& out, Field field, const std::string& text) {
  boost::system::error_code failed;
  if (field == Field::ipv4) {
    const auto address = asio::ip::make_address_v4(text, failed);
    if (failed) return Error{};
    append_number(out, address.to_uint(), 4);
    return {};
  }
  const auto address = asio::ip::make_address_v6(text, failed);
  if (failed || address.scope_id() != 0) return Error{};
  for (const auto byte : address.to_bytes()) out += static_cast<char>(byte);
  return {};
}

// `groups` groups of `digits` hexadecimal digits, with `separator` between them. With `short_groups`
// leading zeros may be omitted.
Result<void> append_grouped_hex(std::string& out, std::string_view text, std::size_t groups,
                                std::size_t digits, char separator, bool short_groups = false) {
  std::string all;
  for (std::size_t i = 0; i < groups; ++i) {
    const auto end = i + 1 < groups ? text.find(separator) : text.size();
    const auto group = text.substr(0, end);
    if (end == std::string_view::npos || group.empty() || group.size() > digits) return Error{};
    if (group.size() < digits && !short_groups) return Error{};
    all.append(digits - group.size(), '0').append(group);
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return append(out, bytes_from_hex(all));
}

Result<void> append(std::string& out, const Result<std::string>& bytes) {
  if (!bytes) return bytes.error();
  out += *bytes;
  return {};
}

Result<void> append_types(std::string& out, std::span<const Word> words) {
  std::set<Type> types;
  for (const auto& word : words) {
    const auto type = type_from_text(word.text);
    if (!type) return Error{"'" + word.text + "' is not a type of record"};
    types.insert(*type);
  }
  out += type_set_to_wire(types);
  return {};
}

Result<void> append_parameters(std::string& out, WordReader& words) {
  ServiceParameters parameters;
  while (!words.at_end()) {
    const std::string text = words.take().text;
    const auto equals = text.find('=');
    std::string value;
    if (equals != std::string::npos) value = text.substr(equals + 1);
    if (equals + 1 == text.size() && !words.at_end() && words.front().quoted &&
        words.front().is_joined)
      value = words.take().text;
    const auto added =
        parameters.add(text.substr(0, equals), equals == std::string::npos ? nullptr : &value);
    if (!added) return added.error();
  }
  const auto wire = parameters.to_wire();
  if (!wire) return wire.error();
  out += *wire;
  return {};
}

Result<void> append_location(std::string& out, std::span<const Word> words) {
  std::vector<std::string_view> texts;
  for (const auto& word : words) texts.emplace_back(word.text);
  return append(out, location_from_words(texts));
}

std::optional<std::uint16_t> port_of(std::string_view service, std::string_view transport) {
  for (const auto& entry : services_named(service))
    if (entry.transport == transport) return entry.port;
  return std::nullopt;
}

// A protocol and its ports, each a number or a name: tcp smtp 80.
Result<void> append_ports(std::string& out, WordReader& words) {
  constexpr NumberName protocols[] = {{6, "tcp"}, {17, "udp"}};
  const auto& protocol = words.take().text;
  const auto number = number_or_name<std::uint8_t>(protocol, protocols);
  if (!number) return Error{};
  std::vector<std::uint8_t> bitmap;
  while (!words.at_end()) {
    const auto& text = words.take().text;
    auto port = parse_decimal<std::uint16_t>(text);
    if (!port) port = port_of(text, *number == 17 ? "udp" : "tcp");
    if (!port) return Error{"'" + text + "' is neither a port nor the name of a service"};
    if (bitmap.size() <= *port / 8U) bitmap.resize(*port / 8U + 1);
    bitmap[*port / 8U] = static_cast<std::uint8_t>(bitmap[*port / 8U] | 0x80U >> *port % 8U);
  }
  out += static_cast<char>(*number);
  out.append(bitmap.begin(), bitmap.end());
  return {};
}

}  // namespace

std::string joined(std::span<const Word> words) {
  std::string text;
  for (const auto& word : words) text += word.text;
  return text;
}

Result<void> append_field(std::string& out, Field field, WordReader& words, const Name& origin) {
  switch (field) {
    case Field::types:
      return append_types(out, words.take_rest());
    case Field::parameters:
      return append_parameters(out, words);
    case Field::location:
      return append_location(out, words.take_rest());
    case Field::ports:
      return append_ports(out, words);
    case Field::prefixes:
      return append(out, prefix_list_from_words(words.take_rest()));
    case Field::gateway_and_key:
      return append(out, gateway_and_key_from_words(words.take_rest(), origin));
    case Field::relay:
      return append(out, relay_from_words(words.take_rest(), origin));
    case Field::host_identity:
      return append(out, host_identity_from_words(words.take_rest(), origin));
    case Field::hex:
      return append(out, bytes_from_hex(joined(words.take_rest())));
    case Field::base64:
      return append(out, bytes_from_base64(joined(words.take_rest())));
    default:
      break;
  }
  const Word& word = words.take();
  switch (field) {
    case Field::u8:
      return append(out, parse_decimal<std::uint8_t>(word.text), 1);
    case Field::u16:
      return append(out, parse_decimal<std::uint16_t>(word.text), 2);
    case Field::u32:
      return append(out, parse_decimal<std::uint32_t>(word.text), 4);
    case Field::period:
      return append(out, period_from_text(word.text), 4);
    case Field::time:
      return append(out, signature_time_from_text(word.text), 4);
    case Field::type: {
      const auto type = type_from_text(word.text);
      return append(out, type ? std::optional(static_cast<std::uint16_t>(*type)) : std::nullopt, 2);
    }
    case Field::algorithm:
      return append(out, number_or_name<std::uint8_t>(word.text, algorithms), 1);
    case Field::certificate_type:
      return append(out, number_or_name<std::uint16_t>(word.text, certificate_types), 2);
    case Field::ipv4:
    case Field::ipv6:
      return append_address(out, field, word.text);
    case Field::eui48:
      return append_grouped_hex(out, word.text, 6, 2, '-');
    case Field::eui64:
      return append_grouped_hex(out, word.text, 8, 2, '-');
    case Field::locator64:
      return append_grouped_hex(out, word.text, 4, 4, ':', true);
    case Field::salt: {
      const auto salt = word.text == "-" ? std::string() : bytes_from_hex(word.text);
      return salt ? append_counted(out, *salt) : Error{};
    }
    case Field::hash: {
      const auto hash = bytes_from_base32hex(word.text);
      return hash && !hash->empty() ? append_counted(out, *hash) : Error{};
    }
    case Field::name:
    case Field::compressed_name: {
      if (word.quoted) return Error{};
      const auto name = Name::from_text(word.text, origin);
      if (!name) return name.error();
      out += name->wire_text();
      return {};
    }
    default: {
      const auto bytes = unescape(word.text);
      if (!bytes) return bytes.error();
      if (field == Field::tag && !is_tag(*bytes)) return Error{};
      if (field != Field::text) return append_counted(out, *bytes);
      out += *bytes;
      return {};
    }
  }
}

}  // namespace portlab::dns
