#include "common/dns/signature_time.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <limits>

namespace portlab::dns {
namespace {

using namespace std::chrono;

constexpr std::size_t date_digits = 14;

// Only digits are accepted: std::from_chars alone would read "-1".
std::optional<std::uint64_t> digits_to_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::uint64_t number = 0;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string signature_time_to_text(std::uint32_t seconds) {
  const sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d%02u%02u%02d%02d%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::optional<std::uint32_t> signature_time_from_text(std::string_view text) {
  constexpr std::uint64_t seconds_max = std::numeric_limits<std::uint32_t>::max();
  const auto number = digits_to_number(text);
  if (!number) return std::nullopt;
  if (text.size() != date_digits)
    return text.size() <= 10 && *number <= seconds_max
               ? std::optional(static_cast<std::uint32_t>(*number))
               : std::nullopt;
  const auto part = [&](std::size_t at, std::size_t size) {
    return static_cast<unsigned>(*digits_to_number(text.substr(at, size)));
  };
  const year_month_day date{year{static_cast<int>(part(0, 4))}, month{part(4, 2)}, day{part(6, 2)}};
  if (!date.ok() || part(8, 2) > 23 || part(10, 2) > 59 || part(12, 2) > 59) return std::nullopt;
  const auto time =
      sys_days(date) + hours(part(8, 2)) + minutes(part(10, 2)) + std::chrono::seconds(part(12, 2));
  const auto seconds = time.time_since_epoch().count();
  if (seconds < 0 || static_cast<std::uint64_t>(seconds) > seconds_max) return std::nullopt;
  return static_cast<std::uint32_t>(seconds);
}

}  // namespace portlab::dns
