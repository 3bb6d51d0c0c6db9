#include "servers/dns/zone_generate.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <limits>
#include <optional>
#include <vector>

namespace portlab::dns {
namespace {

constexpr std::int64_t number_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t width_max = 64;

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stopped != end || number > number_max || number < -number_max)
    return std::nullopt;
  return number;
}

// 0x1a with width 7 is a.1.0.0, with width 8 a.1.0.0. as in BIND
std::string nibbles(std::int64_t number, std::int64_t width, bool upper_case) {
  const char* const digits = upper_case ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string text;
  do {
    text += digits[number & 15];
    number >>= 4;
    if (number > 0 || static_cast<std::int64_t>(text.size()) < width) text += '.';
  } while (number > 0 || static_cast<std::int64_t>(text.size()) < width);
  return text;
}

// Reads "OFFSET[,WIDTH[,BASE]]", the text in the braces. nullopt: it is something else.
std::optional<std::string> formatted(std::string_view modifier, std::int64_t number) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto comma = modifier.find(',');
    parts.push_back(modifier.substr(0, comma));
    if (comma == std::string_view::npos) break;
    modifier.remove_prefix(comma + 1);
  }
  const auto offset = number_of(parts[0]);
  const auto width = parts.size() > 1 ? number_of(parts[1]) : 0;
  const auto base = parts.size() > 2 ? parts[2] : "d";
  if (parts.size() > 3 || base.size() != 1 || !offset || !width || *width < 0 ||
      *width > width_max || number + *offset < 0)
    return std::nullopt;
  const auto value = number + *offset;
  std::array<char, width_max + 32> text{};
  const auto print = [&](const char* format) {
    std::snprintf(text.data(), text.size(), format, static_cast<int>(*width),
                  static_cast<unsigned long long>(value));
    return std::string(text.data());
  };
  switch (base[0]) {
    case 'd':
      return print("%0*llu");
    case 'o':
      return print("%0*llo");
    case 'x':
      return print("%0*llx");
    case 'X':
      return print("%0*llX");
    case 'n':
    case 'N':
      return nibbles(value, *width, base[0] == 'N');
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<GenerateRange> parse_generate_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto slash = text.find('/');
  std::optional<std::int64_t> first, last, step = 1;
  if (dash != std::string_view::npos && (slash == std::string_view::npos || slash > dash)) {
    first = number_of(text.substr(0, dash));
    last = number_of(
        text.substr(dash + 1, slash == std::string_view::npos ? slash : slash - dash - 1));
    if (slash != std::string_view::npos) step = number_of(text.substr(slash + 1));
  }
  if (!first || !last || !step || *first < 0 || *last < *first || *step < 1)
    return Error{"'" + std::string(text) + "' is not a range like 1-254 or 0-100/2"};
  return GenerateRange{*first, *last, *step};
}

Result<std::string> substitute_number(std::string_view text, std::int64_t number) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto rest = text.substr(at + 1);
    if (text[at] == '\\' && !rest.empty()) {
      out += text.substr(at++, 2);
    } else if (text[at] != '$') {
      out += text[at];
    } else if (rest.starts_with('$')) {
      out += "\\$";
      ++at;
    } else if (rest.starts_with('{')) {
      const auto end = rest.find('}');
      const auto modifier = rest.substr(1, end == std::string_view::npos ? end : end - 1);
      const auto value = formatted(modifier, number);
      if (!value || end == std::string_view::npos)
        return Error{"'" + std::string(text) +
                     "': after $ there may be {OFFSET,WIDTH,BASE}, as in ${0,3,d}"};
      out += *value;
      at += end + 1;
    } else {
      out += std::to_string(number);
    }
  }
  return out;
}

}  // namespace portlab::dns
