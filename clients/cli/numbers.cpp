#include "clients/cli/numbers.hpp"

#include <bit>
#include <charconv>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/port.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

using std::chrono::milliseconds;

std::string out_of_range(std::string_view text, const std::string& kind, const std::string& least,
                         const std::string& most) {
  return "'" + printable(text) + "' is not " + kind + " from " + least + " to " + most;
}

}  // namespace

Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto number = parse_decimal<std::uint64_t>(text);
  if (!number || *number < least || *number > most)
    return Error{out_of_range(text, "a whole number", std::to_string(least), std::to_string(most))};
  return *number;
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

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::uint64_t most = std::uint64_t{1} << 40;
  const auto unit = text.empty() ? '\0' : text.back();
  const unsigned bits = unit == 'k' || unit == 'K' ? 10 : unit == 'm' || unit == 'M' ? 20 : 0;
  const auto number = parse_decimal<std::uint64_t>(text.substr(0, text.size() - (bits != 0)));
  if (!number || *number == 0 || *number > most >> bits)
    return Error{"'" + printable(text) + "' is not a number of bytes, like 500, 100k or 4M"};
  return *number << bits;
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
    std::uint16_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto [stopped, failed] = std::from_chars(text.data() + 2, end, number, 16);
    const bool fits = failed == std::errc{} && stopped == end;
    return usage_failure(quoted + "port numbers are written in decimal",
                         fits ? "portlab port " + std::to_string(number) : "portlab port 80");
  }
  if (text.starts_with('-'))
    return usage_failure(quoted + "ports are not negative, they begin at 0",
                         "portlab port " + (parse_port(text.substr(1)) ? text.substr(1) : "80"));
  const auto number = parse_decimal<std::uint64_t>(text);
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
