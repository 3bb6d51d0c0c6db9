#include "clients/cli/numbers.hpp"

#include <bit>
#include <charconv>
#include <optional>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/port.hpp"

namespace portlab {

namespace {

using std::chrono::milliseconds;

std::string out_of_range(std::string_view text, const std::string& kind, const std::string& least,
                         const std::string& most) {
  return "'" + printable(text) + "' is not " + kind + " from " + least + " to " + most;
}

/// The whole number in the text's digits; nothing when there is none or it is too long to name.
std::optional<std::uint64_t> whole_number(const std::string& text, int base) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size() || number < least || number > most)
    return Error{out_of_range(text, "a whole number", std::to_string(least), std::to_string(most))};
  return number;
}

Result<milliseconds> parse_seconds(std::string_view text, milliseconds least, milliseconds most) {
  double seconds = 0;
  const auto [end, failed] =
      std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
  const bool number = failed == std::errc{} && end == text.data() + text.size();
  // Compared as doubles, since 1e300 and "inf" fit into no integer. NaN fails both comparisons.
  const double count = seconds * 1000;
  if (!number ||
      !(count >= static_cast<double>(least.count()) && count <= static_cast<double>(most.count())))
    return Error{out_of_range(text, "a number of seconds", in_seconds(least), in_seconds(most))};
  return milliseconds(static_cast<std::int64_t>(count + 0.5));
}

std::string in_seconds(milliseconds duration) {
  const auto count = duration.count();
  std::string text = std::to_string(count / 1000);
  if (count % 1000 != 0) {
    std::string fraction = std::to_string(1000 + count % 1000).substr(1);
    while (fraction.back() == '0') fraction.pop_back();
    text += "." + fraction;
  }
  return text + " s";
}

CommandError not_a_port(const std::string& text) {
  const std::string quoted = "'" + printable(text) + "' is no port: ";
  if (text.starts_with("0x") || text.starts_with("0X")) {
    const auto number = whole_number(text.substr(2), 16);
    const bool fits = number && *number <= 65535;
    return usage_failure(quoted + "port numbers are written in decimal",
                         fits ? "portlab port " + std::to_string(*number) : "portlab port 80");
  }
  if (text.starts_with('-'))
    return usage_failure(quoted + "ports are not negative, they begin at 0",
                         "portlab port " + (parse_port(text.substr(1)) ? text.substr(1) : "80"));
  const auto number = whole_number(text, 10);
  const bool digits = text.find_first_not_of("0123456789") == text.npos;
  if (digits && !number)
    return usage_failure(quoted + "a port number has 16 bits, so the last one is 65535",
                         "portlab port 65535");
  if (!number) return usage_failure(quoted + "a port is a whole number", "portlab port 80");
  if (*number == 65536)
    return usage_failure(quoted + "65536 is the number of ports, from 0 to 65535",
                         "portlab port 65535");
  const auto bits = std::to_string(std::bit_width(*number));
  const auto kept = std::to_string(*number % 65536);
  return usage_failure(quoted +
                           "a port number has 16 bits, so the last one is 65535; this number "
                           "needs " +
                           bits + " bits (its last 16 are " + kept + ": " + text + " modulo 65536)",
                       "portlab port " + kept);
}

}  // namespace portlab
