#include "common/dns/address_prefixes.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "common/net.hpp"
#include "common/text.hpp"

namespace portlab::dns {
namespace {

// IANA's registry "Address Family Numbers".
constexpr std::uint16_t family_ipv4 = 1;
constexpr std::uint16_t family_ipv6 = 2;
constexpr std::uint8_t negation_bit = 0x80;

struct Prefix {
  std::uint16_t family = 0;
  std::uint8_t bits = 0;
  bool is_negated = false;
  Bytes address;  // without its zero bytes at the end
};

std::size_t address_bytes(std::uint16_t family) { return family == family_ipv4 ? 4 : 16; }

// nullopt: malformed.
std::optional<Prefix> read_prefix(ByteReader& in) {
  const auto family = in.u16();
  const auto bits = in.u8();
  const auto length = in.u8();
  if (!length || (*family != family_ipv4 && *family != family_ipv6)) return std::nullopt;
  const auto address = in.take(*length & ~negation_bit);
  const auto size = address_bytes(*family);
  if (!address || address->size() > size || *bits > size * 8) return std::nullopt;
  if (!address->empty() && address->back() == 0) return std::nullopt;
  return Prefix{*family, *bits, (*length & negation_bit) != 0, *address};
}

template <class Address>
std::string address_to_text(Bytes bytes) {
  typename Address::bytes_type all{};
  std::copy(bytes.begin(), bytes.end(), all.begin());
  return Address(all).to_string();
}

// nullopt: this is no prefix.
std::optional<std::string> prefix_from_text(std::string_view text) {
  const bool is_negated = text.starts_with('!');
  if (is_negated) text.remove_prefix(1);
  const auto colon = text.find(':'), slash = text.rfind('/');
  if (colon == std::string_view::npos || slash == std::string_view::npos || slash < colon)
    return std::nullopt;
  const auto family = parse_decimal<std::uint16_t>(text.substr(0, colon));
  const auto bits = parse_decimal<std::uint8_t>(text.substr(slash + 1));
  boost::system::error_code failed;
  const auto address =
      asio::ip::make_address(std::string(text.substr(colon + 1, slash - colon - 1)), failed);
  const bool has_zone = !failed && address.is_v6() && address.to_v6().scope_id() != 0;
  if (failed || has_zone || !bits || family != (address.is_v4() ? family_ipv4 : family_ipv6) ||
      *bits > address_bytes(*family) * 8)
    return std::nullopt;
  auto part = rdata_of(address);
  while (!part.empty() && part.back() == 0) part.pop_back();
  std::string out{0, static_cast<char>(*family), static_cast<char>(*bits)};
  out += static_cast<char>(part.size() | (is_negated ? negation_bit : 0U));
  return out + part;
}

}  // namespace

bool is_valid_prefix_list(Bytes bytes) {
  ByteReader in(bytes);
  while (in.left() > 0)
    if (!read_prefix(in)) return false;
  return true;
}

std::string prefix_list_to_text(Bytes bytes) {
  std::string text;
  ByteReader in(bytes);
  while (in.left() > 0) {
    const auto prefix = read_prefix(in).value_or(Prefix{});
    if (!text.empty()) text += ' ';
    if (prefix.is_negated) text += '!';
    text += std::to_string(prefix.family) + ':';
    text += prefix.family == family_ipv4 ? address_to_text<asio::ip::address_v4>(prefix.address)
                                         : address_to_text<asio::ip::address_v6>(prefix.address);
    text += '/' + std::to_string(prefix.bits);
  }
  return text;
}

Result<std::string> prefix_list_from_words(std::span<const Word> words) {
  std::string out;
  for (const auto& word : words) {
    const auto prefix = prefix_from_text(word.text);
    if (!prefix)
      return Error{"'" + word.text + "' is not a prefix like 1:192.168.32.0/21 or 2:2001:db8::/32"};
    out += *prefix;
  }
  return out;
}

}  // namespace portlab::dns
