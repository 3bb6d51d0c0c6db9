// strftime(3) and strptime(3) use the English names of months and days, because portlabd never
// calls setlocale(3).

#include "servers/http/http_date.hpp"

#include <time.h>

#include <array>
#include <chrono>

namespace portlab::http {

namespace {

constexpr const char* imf_fixdate = "%a, %d %b %Y %H:%M:%S GMT";
constexpr const char* rfc850_date = "%A, %d-%b-%y %H:%M:%S GMT";
constexpr const char* asctime_date = "%a %b %e %H:%M:%S %Y";

std::string format_time(const tm& time, const char* format) {
  std::array<char, 64> text;
  return {text.data(), ::strftime(text.data(), text.size(), format, &time)};
}

/// strptime(3) accepts more than the RFC, such as other white space and lower case. So what it has
/// read must give the same text again.
std::optional<tm> parse_time(const std::string& text, const char* format) {
  tm time{};
  if (::strptime(text.c_str(), format, &time) == nullptr || format_time(time, format) != text)
    return std::nullopt;
  return time;
}

/// nullopt for a day that does not exist.
std::optional<std::int64_t> seconds_since_1970(tm time) {
  using namespace std::chrono;
  const year_month_day date(year(time.tm_year + 1900),
                            month(static_cast<unsigned>(time.tm_mon) + 1),
                            day(static_cast<unsigned>(time.tm_mday)));
  // A year has four digits. Second 60 is a leap second; timegm(3) makes it the next minute's first.
  if (!date.ok() || time.tm_year + 1900 < 1000 || time.tm_sec > 60) return std::nullopt;
  return ::timegm(&time);
}

/// The year in the century of `now`, or in the one before if it is more than 50 years ahead.
int four_digit_year(int two_digits, std::int64_t now) {
  const time_t seconds = now;
  tm today{};
  ::gmtime_r(&seconds, &today);
  const int this_year = today.tm_year + 1900;
  const int year = this_year / 100 * 100 + two_digits;
  return year > this_year + 50 ? year - 100 : year;
}

}  // namespace

std::string format_date(std::int64_t seconds) {
  const time_t since_1970 = seconds;
  tm time{};
  ::gmtime_r(&since_1970, &time);
  return format_time(time, imf_fixdate);
}

std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now) {
  const std::string date(text);
  if (const auto time = parse_time(date, imf_fixdate)) return seconds_since_1970(*time);
  if (auto time = parse_time(date, rfc850_date)) {
    time->tm_year = four_digit_year(time->tm_year % 100, now) - 1900;
    return seconds_since_1970(*time);
  }
  if (const auto time = parse_time(date, asctime_date)) return seconds_since_1970(*time);
  return std::nullopt;
}

std::int64_t seconds_now() { return ::time(nullptr); }

}  // namespace portlab::http
