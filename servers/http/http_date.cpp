#include "servers/http/http_date.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace portlab::http {

namespace {

constexpr std::array<std::string_view, 7> weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Reads a date from left to right; after the first error nothing else is read.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  void literal(std::string_view wanted) {
    valid_ = valid_ && rest_.starts_with(wanted);
    if (valid_) rest_.remove_prefix(wanted.size());
  }

  /// Exactly `width` digits; with `padded` the first may be a space.
  unsigned digits(unsigned width, bool padded = false) {
    valid_ = valid_ && rest_.size() >= width;
    unsigned value = 0;
    for (unsigned i = 0; valid_ && i < width; ++i) {
      const char c = rest_[i];
      if (padded && i == 0 && c == ' ') continue;
      valid_ = c >= '0' && c <= '9';
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (valid_) rest_.remove_prefix(width);
    return value;
  }

  /// One of the names, or of their first three letters.
  template <std::size_t N>
  unsigned name(const std::array<std::string_view, N>& names, bool shortened) {
    for (unsigned i = 0; valid_ && i < N; ++i) {
      const auto wanted = shortened ? names[i].substr(0, 3) : names[i];
      if (!rest_.starts_with(wanted)) continue;
      rest_.remove_prefix(wanted.size());
      return i;
    }
    valid_ = false;
    return 0;
  }

  void clock() {
    hour = digits(2);
    literal(":");
    minute = digits(2);
    literal(":");
    second = digits(2);
  }

  /// The date; nullopt after an error, with text left over, or for a day that does not exist.
  std::optional<std::int64_t> seconds() const {
    using namespace std::chrono;
    // 60 is a leap second; system time has none, so it is the first second of the next minute.
    if (!valid_ || !rest_.empty() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const year_month_day date(std::chrono::year(static_cast<int>(year)),
                              std::chrono::month(month + 1), std::chrono::day(day));
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = sys_days(date).time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
  }

  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;

 private:
  std::string_view rest_;
  bool valid_ = true;
};

std::optional<std::int64_t> parse_imf_fixdate(std::string_view text) {
  DateReader reader(text);
  reader.name(weekdays, true);
  reader.literal(", ");
  reader.day = reader.digits(2);
  reader.literal(" ");
  reader.month = reader.name(months, true);
  reader.literal(" ");
  reader.year = reader.digits(4);
  reader.literal(" ");
  reader.clock();
  reader.literal(" GMT");
  return reader.seconds();
}

std::optional<std::int64_t> parse_rfc850(std::string_view text, std::int64_t now) {
  DateReader reader(text);
  reader.name(weekdays, false);
  reader.literal(", ");
  reader.day = reader.digits(2);
  reader.literal("-");
  reader.month = reader.name(months, true);
  reader.literal("-");
  const unsigned two_digits = reader.digits(2);
  reader.literal(" ");
  reader.clock();
  reader.literal(" GMT");
  // More than 50 years ahead means the century before.
  const auto today =
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(now)));
  const auto this_year =
      static_cast<unsigned>(static_cast<int>(std::chrono::year_month_day(today).year()));
  reader.year = this_year / 100 * 100 + two_digits;
  if (reader.year > this_year + 50) reader.year -= 100;
  return reader.seconds();
}

std::optional<std::int64_t> parse_asctime(std::string_view text) {
  DateReader reader(text);
  reader.name(weekdays, true);
  reader.literal(" ");
  reader.month = reader.name(months, true);
  reader.literal(" ");
  reader.day = reader.digits(2, true);
  reader.literal(" ");
  reader.clock();
  reader.literal(" ");
  reader.year = reader.digits(4);
  return reader.seconds();
}

}  // namespace

std::string format_date(std::int64_t seconds) {
  // Not strftime: its names depend on the locale.
  using namespace std::chrono;
  const sys_seconds when{std::chrono::seconds(seconds)};
  const auto midnight = floor<days>(when);
  const year_month_day date(midnight);
  const hh_mm_ss clock(when - midnight);
  const auto* weekday_name = weekdays[weekday(midnight).c_encoding()].data();
  const auto* month_name = months[static_cast<unsigned>(date.month()) - 1].data();
  std::array<char, 64> text;
  const int size = std::snprintf(
      text.data(), text.size(), "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT", weekday_name,
      static_cast<unsigned>(date.day()), month_name, static_cast<int>(date.year()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now) {
  if (const auto date = parse_imf_fixdate(text)) return date;
  if (const auto date = parse_rfc850(text, now)) return date;
  return parse_asctime(text);
}

std::int64_t seconds_now() { return std::time(nullptr); }

}  // namespace portlab::http
