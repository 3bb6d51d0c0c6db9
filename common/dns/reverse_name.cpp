#include "common/dns/reverse_name.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>
#include <string>

namespace portlab::dns {
namespace {

constexpr std::size_t ipv4_labels = 4;
constexpr std::size_t ipv6_labels = 32;
constexpr std::string_view digits = "0123456789abcdef";

const Name& ipv4_suffix() {
  static const Name name = Name::from_text("in-addr.arpa.").value();
  return name;
}

const Name& ipv6_suffix() {
  static const Name name = Name::from_text("ip6.arpa.").value();
  return name;
}

// True if `count` labels precede the suffix. Most names end otherwise, which is found out at once.
bool has_labels_before(const Name& whole, const Name& suffix, std::size_t count) {
  if (!whole.is_at_or_below(suffix)) return false;
  Name name = whole;
  for (; count > 0 && !name.is_root(); --count) name = name.parent();
  return count == 0 && name == suffix;
}

// "0" to "255", without leading zeros.
std::optional<std::uint8_t> decimal_byte(std::string_view label) {
  std::uint8_t byte = 0;
  const char* const end = label.data() + label.size();
  const auto [stopped, error] = std::from_chars(label.data(), end, byte);
  if (error != std::errc{} || stopped != end || (label.size() > 1 && label[0] == '0'))
    return std::nullopt;
  return byte;
}

// The labels begin with the last byte of the address.
std::optional<asio::ip::address> ipv4_address_of(Name name) {
  asio::ip::address_v4::bytes_type bytes{};
  for (std::size_t i = bytes.size(); i-- > 0; name = name.parent()) {
    const auto byte = decimal_byte(name.first_label());
    if (!byte) return std::nullopt;
    bytes[i] = *byte;
  }
  return asio::ip::address_v4(bytes);
}

std::optional<asio::ip::address> ipv6_address_of(Name name) {
  asio::ip::address_v6::bytes_type bytes{};
  name = name.lowered();
  for (std::size_t nibble = ipv6_labels; nibble-- > 0; name = name.parent()) {
    const auto label = name.first_label();
    const auto value = label.size() == 1 ? digits.find(label[0]) : std::string_view::npos;
    if (value == std::string_view::npos) return std::nullopt;
    const unsigned shift = nibble % 2 == 0 ? 4 : 0;
    bytes[nibble / 2] = static_cast<std::uint8_t>(bytes[nibble / 2] | value << shift);
  }
  return asio::ip::address_v6(bytes);
}

}  // namespace

Name reverse_name(const asio::ip::address& address) {
  Name name;
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    for (std::size_t i = bytes.size(); i-- > 0;) name.append_label(std::to_string(bytes[i]));
    name.append(ipv4_suffix());
    return name;
  }
  const auto bytes = address.to_v6().to_bytes();
  for (std::size_t i = bytes.size(); i-- > 0;) {
    name.append_label(digits.substr(bytes[i] & 15U, 1));
    name.append_label(digits.substr(bytes[i] >> 4, 1));
  }
  name.append(ipv6_suffix());
  return name;
}

std::optional<asio::ip::address> address_of_reverse_name(const Name& name) {
  if (has_labels_before(name, ipv4_suffix(), ipv4_labels)) return ipv4_address_of(name);
  if (has_labels_before(name, ipv6_suffix(), ipv6_labels)) return ipv6_address_of(name);
  return std::nullopt;
}

bool is_reverse_name(const Name& name) {
  return (name.is_at_or_below(ipv4_suffix()) && !(name == ipv4_suffix())) ||
         (name.is_at_or_below(ipv6_suffix()) && !(name == ipv6_suffix()));
}

}  // namespace portlab::dns
