#include "common/ftp/mlst_facts.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include "common/text.hpp"

namespace portlab::ftp {

namespace {

using std::chrono::sys_days;

struct FactName {
  std::string_view name;
  bool FactChoice::*chosen;
};
constexpr std::array<FactName, 5> fact_names = {{{"type", &FactChoice::type},
                                                 {"size", &FactChoice::size},
                                                 {"modify", &FactChoice::modify},
                                                 {"perm", &FactChoice::perm},
                                                 {"unique", &FactChoice::unique}}};

void set_fact(FileFacts& facts, const std::string& name, std::string_view value) {
  if (name == "type") facts.type = lower_case(value);
  if (name == "size") facts.size = parse_decimal<std::uint64_t>(value);
  if (name == "modify") facts.modified_seconds = parse_time(value);
  if (name == "perm") facts.perm = value;
  if (name == "unique") facts.unique = value;
}

}  // namespace

std::string format_facts(const FileFacts& facts, const FactChoice& choice) {
  std::string out;
  if (choice.type) out += "type=" + facts.type + ";";
  if (choice.size && facts.size) out += "size=" + std::to_string(*facts.size) + ";";
  if (choice.modify && facts.modified_seconds)
    out += "modify=" + format_time(*facts.modified_seconds) + ";";
  if (choice.perm) out += "perm=" + facts.perm + ";";
  if (choice.unique && !facts.unique.empty()) out += "unique=" + facts.unique + ";";
  return out + " " + facts.name;
}

std::optional<FileFacts> parse_facts(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  FileFacts facts;
  facts.name = line.substr(space + 1);
  auto rest = line.substr(0, space);
  while (!rest.empty()) {
    const auto end = rest.find(';');
    const auto equals = rest.find('=');
    if (end == std::string_view::npos || equals > end) return std::nullopt;
    // Names of facts may be in any case (RFC 3659 section 7.5).
    set_fact(facts, lower_case(rest.substr(0, equals)), rest.substr(equals + 1, end - equals - 1));
    rest.remove_prefix(end + 1);
  }
  return facts;
}

std::string format_fact_names(const FactChoice& choice) {
  std::string out;
  for (const auto& fact : fact_names)
    out += std::string(fact.name) + (choice.*fact.chosen ? "*;" : ";");
  return out;
}

FactChoice parse_fact_names(std::string_view text) {
  FactChoice choice{false, false, false, false, false};
  while (!text.empty()) {
    const auto end = std::min(text.find(';'), text.size());
    const std::string name = lower_case(text.substr(0, end));
    for (const auto& fact : fact_names)
      if (fact.name == name) choice.*fact.chosen = true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return choice;
}

std::string format_time(std::int64_t seconds_since_1970) {
  const std::time_t seconds = seconds_since_1970;
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  std::array<char, 32> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%d%H%M%S", &time)};
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  constexpr std::size_t digits = 14;  // YYYYMMDDHHMMSS
  if (text.size() < digits || (text.size() > digits && text[digits] != '.')) return std::nullopt;
  const auto number = [&](std::size_t from, std::size_t count) {
    return parse_decimal<unsigned>(text.substr(from, count)).value_or(99'999);
  };
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(number(0, 4))),
                                         std::chrono::month(number(4, 2)),
                                         std::chrono::day(number(6, 2)));
  const unsigned hours = number(8, 2);
  const unsigned minutes = number(10, 2);
  const unsigned seconds = number(12, 2);
  // 60: a leap second.
  if (!date.ok() || hours > 23 || minutes > 59 || seconds > 60) return std::nullopt;
  const auto time = sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
                    std::chrono::seconds(seconds);
  return time.time_since_epoch().count();
}

}  // namespace portlab::ftp
