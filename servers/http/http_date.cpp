#include "servers/http/date.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

namespace portlab::http {

namespace {

constexpr std::array<std::string_view, 7> weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void append_digits(std::string& out, unsigned value, unsigned width) {
  unsigned divisor = 1;
  for (unsigned i = 1; i < width; ++i) divisor *= 10;
  for (; divisor > 0; divisor /= 10) out += static_cast<char>('0' + value / divisor % 10);
}

/// Takes a date's text apart; the first mistake makes everything after it fail.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  void literal(std::string_view wanted) {
    good_ = good_ && rest_.starts_with(wanted);
    if (good_) rest_.remove_prefix(wanted.size());
  }

  /// Exactly `width` digits; with `padded`, the first may be a space.
  unsigned digits(unsigned width, bool padded = false) {
    good_ = good_ && rest_.size() >= width;
    unsigned value = 0;
    for (unsigned i = 0; good_ && i < width; ++i) {
      const char c = rest_[i];
      if (padded && i == 0 && c == ' ') continue;
      good_ = c >= '0' && c <= '9';
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (good_) rest_.remove_prefix(width);
    return value;
  }

  /// One of the names, or of their first three letters.
  template <std::size_t N>
  unsigned name(const std::array<std::string_view, N>& names, bool shortened) {
    for (unsigned i = 0; good_ && i < N; ++i) {
      const auto wanted = shortened ? names[i].substr(0, 3) : names[i];
      if (!rest_.starts_with(wanted)) continue;
      rest_.remove_prefix(wanted.size());
      return i;
    }
    good_ = false;
    return 0;
  }

  void clock() {
    hour = digits(2);
    literal(":");
    minute = digits(2);
    literal(":");
    second = digits(2);
  }

  /// All was read, all was right, and the calendar has such a day.
  std::optional<std::int64_t> seconds() const {
    using namespace std::chrono;
    // 60 is a leap second; this clock has none, so it is the next minute's first.
    if (!good_ || !rest_.empty() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const year_month_day date(std::chrono::year(static_cast<int>(year)),
                              std::chrono::month(month + 1), std::chrono::day(day));
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = sys_days(date).time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
  }

  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;

 private:
  std::string_view rest_;
  bool good_ = true;
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
  using namespace std::chrono;
  const sys_seconds when{std::chrono::seconds(seconds)};
  const auto midnight = floor<days>(when);
  const year_month_day date(midnight);
  const hh_mm_ss clock(when - midnight);
  std::string out;
  out.reserve(29);
  out += weekdays[weekday(midnight).c_encoding()].substr(0, 3);
  out += ", ";
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out += ' ';
  out += months[static_cast<unsigned>(date.month()) - 1];
  out += ' ';
  append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += ' ';
  append_digits(out, static_cast<unsigned>(clock.hours().count()), 2);
  out += ':';
  append_digits(out, static_cast<unsigned>(clock.minutes().count()), 2);
  out += ':';
  append_digits(out, static_cast<unsigned>(clock.seconds().count()), 2);
  out += " GMT";
  return out;
}

std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now) {
  if (const auto date = parse_imf_fixdate(text)) return date;
  if (const auto date = parse_rfc850(text, now)) return date;
  return parse_asctime(text);
}

std::int64_t seconds_now() { return std::time(nullptr); }

std::string_view date_now() {
  // Trivially destructible: a view of it stays valid to the thread's very end.
  struct Formatted {
    std::int64_t seconds = -1;
    std::array<char, 29> text;
  };
  static thread_local Formatted formatted;
  if (const auto now = seconds_now(); now != formatted.seconds) {
    std::ranges::copy(format_date(now), formatted.text.begin());
    formatted.seconds = now;
  }
  return {formatted.text.data(), formatted.text.size()};
}

}  // namespace portlab::http
