#pragma once
// The times in RRSIG records: 32 bits of seconds since 1970, in text YYYYMMDDHHmmSS in UTC (RFC 4034
// section 3.2).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portlab::dns {

/// "20260103120000".
std::string signature_time_to_text(std::uint32_t seconds);

/// Reads 14 digits, or up to ten digits as seconds. nullopt: it is neither, or not a valid date.
std::optional<std::uint32_t> signature_time_from_text(std::string_view text);

}  // namespace portlab::dns
