#include "labs/runner/check/expected_output.hpp"

#include <algorithm>
#include <boost/regex.hpp>
#include <cctype>
#include <charconv>

#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

constexpr std::string_view ellipsis = "\u2026";
constexpr unsigned first_ephemeral = 32'768;  // of Linux: ip_local_port_range

/// The lines without blanks at their ends, and without empty lines at the end of the text.
Lines lines_of(std::string_view text) {
  auto lines = split_lines(text);
  for (auto& line : lines) line.erase(line.find_last_not_of(' ') + 1);
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

/// The size of the number that the text begins with: "80", "0.001", "127.0.0.1"; 0: none.
std::size_t digits_at(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && (std::isdigit(static_cast<unsigned char>(text[size])) != 0 ||
                                (size > 0 && text[size] == '.' && size + 1 < text.size() &&
                                 std::isdigit(static_cast<unsigned char>(text[size + 1])) != 0)))
    ++size;
  return size;
}

/// Whether a unit follows the number: " s", " ms", "s".
bool is_duration(std::string_view after) {
  if (after.starts_with(' ')) after.remove_prefix(1);
  if (after.starts_with("ms"))
    after.remove_prefix(1);
  else if (!after.starts_with('s'))
    return false;
  after.remove_prefix(1);
  return after.empty() || std::isalnum(static_cast<unsigned char>(after.front())) == 0;
}

/// The size of "0m3.012s" (bash's `time`) at the beginning of the text; 0: none.
std::size_t clock_at(std::string_view text) {
  static const boost::regex shape(R"(^\d+m\d+[.,]\d+s\b)");
  boost::cmatch found;
  const bool is_clock = boost::regex_search(text.data(), text.data() + text.size(), found, shape);
  return is_clock ? static_cast<std::size_t>(found.length()) : 0;
}

bool is_blank(char letter) { return letter == ' ' || letter == '\t'; }

bool is_ephemeral_port(std::string_view digits) {
  unsigned number = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stopped, failed] = std::from_chars(digits.data(), end, number);
  return failed == std::errc{} && stopped == end && number >= first_ephemeral && number <= 65'535;
}

/// A regular expression for a line of the file.
std::string pattern_of(std::string_view line) {
  std::string pattern;
  bool word = false;  // in a word: its digits are not a number ("fe80")
  while (!line.empty()) {
    if (line.starts_with(ellipsis)) {
      pattern += ".*";
      line.remove_prefix(ellipsis.size());
      word = false;
      continue;
    }
    if (const auto clock = word ? 0 : clock_at(line); clock > 0) {
      pattern += "[0-9]+m[0-9]+[.,][0-9]+s";
      line.remove_prefix(clock);
      continue;
    }
    const auto digits = word ? 0 : digits_at(line);
    if (digits > 0) {
      const auto number = line.substr(0, digits);
      line.remove_prefix(digits);
      if (is_duration(line))
        pattern += "[0-9.]+";
      else if (is_ephemeral_port(number))
        pattern += "[0-9]{4,5}";
      else
        for (const char c : number) pattern += c == '.' ? std::string("\\.") : std::string(1, c);
      word = true;
      continue;
    }
    const char c = line.front();
    word = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (is_blank(c)) {
      pattern += "[ \\t]+";
      while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
      continue;
    }
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
    line.remove_prefix(1);
  }
  return pattern;
}

bool matches(const std::string& expected, const std::string& actual) {
  return boost::regex_match(actual, boost::regex(pattern_of(expected)));
}

}  // namespace

// The lines between two "…" are a block. Each block is matched at the first place where it fits,
// which is right for all that follow: no second try is needed, and the time is bounded by the
// product of the two sizes. The first block is at the beginning of the output, the last one at its
// end.
std::optional<Difference> compare_output(std::string_view expected, std::string_view actual) {
  const auto wanted = lines_of(expected);
  const auto got = lines_of(actual);
  const auto line_at = [](const Lines& lines, std::size_t at) {
    return at < lines.size() ? lines[at] : std::string("(nothing more)");
  };
  const auto difference_at = [&](std::size_t in_wanted, std::size_t in_got) {
    return Difference{line_at(wanted, in_wanted), line_at(got, in_got)};
  };
  std::size_t at = 0;  // in `got`
  for (std::size_t begin = 0; begin <= wanted.size();) {
    const auto end = static_cast<std::size_t>(
        std::find(wanted.begin() + static_cast<std::ptrdiff_t>(begin), wanted.end(), ellipsis) -
        wanted.begin());
    const auto size = end - begin;
    const bool is_first = begin == 0, is_last = end == wanted.size();
    // How many lines of the block match from this place on.
    const auto matching_at = [&](std::size_t from) {
      std::size_t same = 0;
      while (same < size && from + same < got.size() &&
             matches(wanted[begin + same], got[from + same]))
        ++same;
      return same;
    };
    if (!is_first && is_last && got.size() >= at + size) at = got.size() - size;
    auto same = matching_at(at);
    auto nearest = difference_at(begin + same, at + same);  // where most lines match
    std::size_t most = same;
    while (same < size && !is_first && !is_last && at < got.size()) {
      same = matching_at(++at);
      if (same > most) nearest = difference_at(begin + same, at + same);
      most = std::max(most, same);
    }
    if (most == 0) nearest = difference_at(begin, at);
    if (same < size) return nearest;
    at += size;
    if (is_last && at != got.size()) return Difference{"(nothing more)", line_at(got, at)};
    begin = end + 1;
  }
  return std::nullopt;
}

std::string plain_text(std::string_view in) {
  std::string out;
  std::size_t line = 0;  // where the current line begins in `out`
  for (std::size_t i = 0; i < in.size(); ++i) {
    const char c = in[i];
    if (c == '\x1b' && i + 1 < in.size() && in[i + 1] == '[') {
      for (i += 2; i < in.size() && (in[i] < '@' || in[i] > '~');) ++i;
    } else if (c == '\x1b' && i + 1 < in.size() && in[i + 1] == ']') {
      // OSC: ends with BEL or ST
      for (i += 2; i < in.size() && in[i] != '\a' && in[i] != '\x1b';) ++i;
      if (i < in.size() && in[i] == '\x1b') ++i;
    } else if (c == '\x1b') {
      ++i;
    } else if (c == '\r') {
      if (i + 1 < in.size() && in[i + 1] != '\n' && in[i + 1] != '\r') out.resize(line);
    } else if (c == '\n') {
      out += c;
      line = out.size();
    } else if (c == '\b') {
      if (out.size() > line) out.pop_back();
    } else if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') {
      out += c;
    }
  }
  return out;
}

}  // namespace portlab::labs
