#pragma once
// Dates in HTTP (RFC 9110 section 5.6.7): one format to write, three to read. Neither Boost nor
// Beast has them; C++20's std::chrono::parse comes with g++ 14.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portlab::http {

/// Seconds since 1970 as "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate).
std::string format_date(std::int64_t seconds);

/// Reads IMF-fixdate, RFC 850's and asctime's format, as seconds since 1970; nullopt for anything
/// else. `now` (seconds since 1970) decides the century of a year with two digits.
std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now);

/// The current time in seconds since 1970.
std::int64_t seconds_now();

}  // namespace portlab::http
