#pragma once
// HTTP's dates (RFC 9110 section 5.6.7): one format to write, three to read.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portlab::http {

/// Seconds since 1970 as "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate).
std::string format_date(std::int64_t seconds);

/// Reads IMF-fixdate, RFC 850's and asctime's format. Nothing for anything else. `now` decides the
/// century of a year with two digits.
std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now);

/// Seconds since 1970, now.
std::int64_t seconds_now();

/// format_date(seconds_now()), formatted once a second. Valid until the next call on this thread.
std::string_view date_now();

}  // namespace portlab::http
