#include "common/dns/location.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>

#include "common/dns/types.hpp"
#include "common/text.hpp"

namespace portlab::dns {
namespace {

constexpr std::int64_t equator = std::int64_t{1} << 31;  // and the prime meridian
constexpr std::int64_t thousandths_of_degree = 3'600'000;
constexpr std::int64_t altitude_base = 10'000'000;  // centimetres below the ellipsoid
constexpr std::size_t location_bytes = 16;
// The defaults of size, horizontal and vertical precision, in centimetres.
constexpr std::array<std::uint64_t, 3> default_sizes = {100, 1'000'000, 1'000};

bool is_size(std::uint8_t byte) { return byte >> 4 <= 9 && (byte & 15) <= 9; }

bool is_angle(std::uint32_t value, int degrees_max) {
  const auto angle = std::int64_t{value} - equator;
  return std::abs(angle) <= degrees_max * thousandths_of_degree;
}

// A number with a decimal point, multiplied by 10^`places`. nullopt: it is none, it is too long, or
// it has more places.
std::optional<std::int64_t> fixed_point(std::string_view text, int places) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto point = text.find('.');
  std::string digits(text.substr(0, point));
  if (digits.empty() || digits.size() > 9) return std::nullopt;
  auto fraction =
      point == std::string_view::npos ? std::string() : std::string(text.substr(point + 1));
  if (fraction.size() > static_cast<std::size_t>(places)) return std::nullopt;
  fraction.resize(static_cast<std::size_t>(places), '0');
  digits += fraction;
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
}

// "10", "10m", "10.50m" in centimetres.
std::optional<std::int64_t> centimetres(std::string_view text) {
  if (text.ends_with('m') || text.ends_with('M')) text.remove_suffix(1);
  return fixed_point(text, 2);
}

// Takes "51 30 12.748 N" from the front of the words.
std::optional<std::uint32_t> take_angle(std::span<const std::string_view>& words, char positive,
                                        char negative, int degrees_max) {
  std::int64_t angle = 0;
  for (int part = 0; !words.empty(); ++part) {
    const auto word = words.front();
    words = words.subspan(1);
    if (part > 0 && word.size() == 1 &&
        (lower(word[0]) == positive || lower(word[0]) == negative)) {
      if (angle > degrees_max * thousandths_of_degree) return std::nullopt;
      return static_cast<std::uint32_t>(lower(word[0]) == positive ? equator + angle
                                                                   : equator - angle);
    }
    constexpr std::array<std::int64_t, 3> units = {3'600'000, 60'000, 1};
    if (part > 2) return std::nullopt;
    const auto value = fixed_point(word, part == 2 ? 3 : 0);
    const std::int64_t value_max = part == 0 ? degrees_max : part == 1 ? 59 : 59'999;
    if (!value || *value < 0 || *value > value_max) return std::nullopt;
    angle += *value * units[static_cast<std::size_t>(part)];
  }
  return std::nullopt;
}

// One digit and a power of ten, in four bits each.
std::optional<std::uint8_t> size_byte(std::uint64_t value) {
  unsigned power = 0;
  for (; value > 9; value /= 10) ++power;
  if (power > 9) return std::nullopt;
  return static_cast<std::uint8_t>(value << 4 | power);
}

void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint8_t>(value >> shift));
}

std::string angle_to_text(std::uint32_t value, char positive, char negative) {
  const auto angle = std::int64_t{value} - equator;
  const auto size = std::abs(angle);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%d %d %d.%03d %c",
                static_cast<int>(size / thousandths_of_degree),
                static_cast<int>(size / 60'000 % 60), static_cast<int>(size / 1000 % 60),
                static_cast<int>(size % 1000), angle < 0 ? negative : positive);
  return text.data();
}

std::string metres(std::int64_t centimetres_, bool with_fraction) {
  const auto size = std::abs(centimetres_);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), with_fraction ? "%s%d.%02dm" : "%s%dm",
                centimetres_ < 0 ? "-" : "", static_cast<int>(size / 100),
                static_cast<int>(size % 100));
  return text.data();
}

std::string size_to_text(std::uint8_t byte) {
  std::int64_t value = byte >> 4;
  for (int power = byte & 15; power > 0; --power) value *= 10;
  return metres(value, value < 100);
}

}  // namespace

bool is_valid_location(Bytes bytes) {
  if (bytes.size() != location_bytes || bytes[0] != 0) return false;
  ByteReader in(bytes.subspan(4));
  const auto latitude = in.u32();
  const auto longitude = in.u32();
  return is_size(bytes[1]) && is_size(bytes[2]) && is_size(bytes[3]) && is_angle(*latitude, 90) &&
         is_angle(*longitude, 180);
}

std::string location_to_text(Bytes bytes) {
  ByteReader in(bytes.subspan(4));
  auto text = angle_to_text(in.u32().value_or(0), 'N', 'S');
  text += ' ' + angle_to_text(in.u32().value_or(0), 'E', 'W');
  text += ' ' + metres(std::int64_t{in.u32().value_or(0)} - altitude_base, true);
  for (const auto byte : bytes.subspan(1, 3)) text += ' ' + size_to_text(byte);
  return text;
}

Result<std::string> location_from_words(std::span<const std::string_view> words) {
  const auto latitude = take_angle(words, 'n', 's', 90);
  if (!latitude) return Error{"the latitude is not like 51 30 12.7 N (degrees up to 90)"};
  const auto longitude = take_angle(words, 'e', 'w', 180);
  if (!longitude) return Error{"the longitude is not like 0 7 39.6 W (degrees up to 180)"};
  const auto altitude = words.empty() ? std::nullopt : centimetres(words[0]);
  if (!altitude || *altitude < -altitude_base || *altitude + altitude_base > UINT32_MAX)
    return Error{"the altitude is not in metres like 10m (from -100000m to 42849672.95m)"};
  if (words.size() > 1 + default_sizes.size())
    return Error{"'" + std::string(words[4]) + "' is one word too many for LOC"};
  std::string out(1, '\0');
  for (std::size_t i = 0; i < default_sizes.size(); ++i) {
    const auto given = i + 1 < words.size() ? centimetres(words[i + 1])
                                            : static_cast<std::int64_t>(default_sizes[i]);
    const auto byte =
        given && *given >= 0 ? size_byte(static_cast<std::uint64_t>(*given)) : std::nullopt;
    if (!byte)
      return Error{"'" + std::string(words[i + 1]) +
                   "' is not a size or precision in metres like 10m (up to 90000000m)"};
    out += static_cast<char>(*byte);
  }
  append_u32(out, *latitude);
  append_u32(out, *longitude);
  append_u32(out, static_cast<std::uint32_t>(*altitude + altitude_base));
  return out;
}

}  // namespace portlab::dns
