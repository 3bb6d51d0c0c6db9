#pragma once
// Numbers that users type: whole numbers, seconds and ports.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace portlab {

class CommandError;

/// Reads a whole number from `least` to `most`. The error names both.
Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most);

/// Reads seconds like "5" or "0.25", from `least` to `most`. The error names both.
Result<std::chrono::milliseconds> parse_seconds(std::string_view text,
                                                std::chrono::milliseconds least,
                                                std::chrono::milliseconds most);

/// Reads a number of bytes like "500", "100k" or "4M" (k: 1024, M: 1024 k), at least 1.
Result<std::uint64_t> parse_size(std::string_view text);

/// "5 s", "0.25 s".
std::string in_seconds(std::chrono::milliseconds duration);

/// The error for a text that is no port number, with the reason: exit status 2.
CommandError not_a_port(const std::string& text);

}  // namespace portlab
