#pragma once
// Bytes as text in zone files: hexadecimal, base64 (RFC 4648 section 4) and
// base32 with the extended hex alphabet (RFC 4648 section 7, without padding, as NSEC3 uses it).

#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.hpp"

namespace portlab::dns {

/// Upper-case hexadecimal digits.
std::string to_hex(Bytes bytes);
/// nullopt: an odd number of digits, or a character that is not a digit.
std::optional<std::string> bytes_from_hex(std::string_view text);

/// Base64 with padding.
std::string to_base64(Bytes bytes);
/// nullopt: not base64, or without its padding.
std::optional<std::string> bytes_from_base64(std::string_view text);

/// Base32 with the extended hex alphabet, in upper case, without padding.
std::string to_base32hex(Bytes bytes);
/// nullopt: not base32hex.
std::optional<std::string> bytes_from_base32hex(std::string_view text);

}  // namespace portlab::dns
