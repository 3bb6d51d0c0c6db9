#include "common/dns/text_encodings.hpp"

#include "common/text.hpp"

namespace portlab::dns {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";
constexpr std::string_view base32hex_digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The bytes as digits of `bits` bits each; the last digit is filled with zero bits.
std::string encode(Bytes bytes, std::string_view digits, unsigned bits) {
  std::string text;
  std::uint32_t pending = 0;
  unsigned pending_bits = 0;
  const std::uint32_t mask = (1U << bits) - 1;
  for (const auto byte : bytes) {
    pending = pending << 8 | byte;
    for (pending_bits += 8; pending_bits >= bits; pending_bits -= bits)
      text += digits[pending >> (pending_bits - bits) & mask];
    pending &= (1U << pending_bits) - 1;
  }
  if (pending_bits > 0) text += digits[pending << (bits - pending_bits) & mask];
  return text;
}

// The inverse. The bits after the last byte must be zero, and fewer than a digit has.
std::optional<std::string> decode(std::string_view text, std::string_view digits, unsigned bits) {
  std::string bytes;
  std::uint32_t pending = 0;
  unsigned pending_bits = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    pending = pending << bits | static_cast<std::uint32_t>(digit);
    pending_bits += bits;
    if (pending_bits < 8) continue;
    pending_bits -= 8;
    bytes += static_cast<char>(static_cast<std::uint8_t>(pending >> pending_bits));
    pending &= (1U << pending_bits) - 1;
  }
  if (pending != 0 || pending_bits >= bits) return std::nullopt;
  return bytes;
}

}  // namespace

std::string to_hex(Bytes bytes) { return encode(bytes, hex_digits, 4); }

std::optional<std::string> bytes_from_hex(std::string_view text) {
  // The letters may have either case.
  return decode(upper_case(text), hex_digits, 4);
}

std::string to_base64(Bytes bytes) {
  auto text = encode(bytes, base64_digits, 6);
  while (text.size() % 4 != 0) text += '=';
  return text;
}

std::optional<std::string> bytes_from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return decode(text, base64_digits, 6);
}

std::string to_base32hex(Bytes bytes) { return encode(bytes, base32hex_digits, 5); }

std::optional<std::string> bytes_from_base32hex(std::string_view text) {
  return decode(upper_case(text), base32hex_digits, 5);
}

}  // namespace portlab::dns
