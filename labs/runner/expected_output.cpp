#include "labs/runner/expected_output.hpp"

#include <algorithm>
#include <boost/regex.hpp>
#include <cctype>
#include <charconv>
#include <vector>

namespace portlab::labs {

namespace {

constexpr std::string_view ellipsis = "\u2026";
constexpr unsigned first_free_number = 32'768;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    while (line.ends_with(' ')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::size_t digits_at(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && (std::isdigit(static_cast<unsigned char>(text[size])) != 0 ||
                                (size > 0 && text[size] == '.' && size + 1 < text.size() &&
                                 std::isdigit(static_cast<unsigned char>(text[size + 1])) != 0)))
    ++size;
  return size;
}

/// "0.001 s", "12 ms", "7s".
bool is_duration(std::string_view after) {
  if (after.starts_with(' ')) after.remove_prefix(1);
  if (after.starts_with("ms"))
    after.remove_prefix(1);
  else if (!after.starts_with('s'))
    return false;
  after.remove_prefix(1);
  return after.empty() || std::isalnum(static_cast<unsigned char>(after.front())) == 0;
}

/// The size of "0m3.012s", as bash's `time` writes it; 0: something else stands there.
std::size_t clock_at(std::string_view text) {
  static const boost::regex shape(R"(^\d+m\d+[.,]\d+s\b)");
  boost::cmatch found;
  const bool is_clock = boost::regex_search(text.data(), text.data() + text.size(), found, shape);
  return is_clock ? static_cast<std::size_t>(found.length()) : 0;
}

bool is_blank(char letter) { return letter == ' ' || letter == '\t'; }

bool is_free(std::string_view digits) {
  unsigned number = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stopped, failed] = std::from_chars(digits.data(), end, number);
  return failed == std::errc{} && stopped == end && number >= first_free_number && number <= 65'535;
}

std::string pattern_of(std::string_view line) {
  std::string pattern;
  bool word = false;  // inside letters: their digits are part of a name
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
      else if (is_free(number))
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

using Line = std::vector<std::string>::const_iterator;

/// How far the lines agree; `worst` is the furthest line that did not.
bool agree(Line expected, Line expected_end, Line actual, Line actual_end,
           std::pair<Line, Line>& worst) {
  for (; expected != expected_end; ++expected, ++actual) {
    if (*expected == ellipsis) {
      for (auto from = actual;; ++from) {
        if (agree(expected + 1, expected_end, from, actual_end, worst)) return true;
        if (from == actual_end) return false;
      }
    }
    const bool same =
        actual != actual_end && boost::regex_match(*actual, boost::regex(pattern_of(*expected)));
    if (same) continue;
    if (actual >= worst.second) worst = {expected, actual};
    return false;
  }
  if (actual == actual_end) return true;
  if (actual >= worst.second) worst = {expected, actual};
  return false;
}

}  // namespace

std::optional<Difference> compare_output(std::string_view expected, std::string_view actual) {
  const auto wanted = lines_of(expected);
  const auto got = lines_of(actual);
  std::pair<Line, Line> worst{wanted.begin(), got.begin()};
  if (agree(wanted.begin(), wanted.end(), got.begin(), got.end(), worst)) return std::nullopt;
  return Difference{worst.first == wanted.end() ? "(nothing more)" : *worst.first,
                    worst.second == got.end() ? "(nothing more)" : *worst.second};
}

std::string plain_text(std::string_view in) {
  std::string out;
  std::size_t line = 0;  // where the current line begins in `out`
  for (std::size_t i = 0; i < in.size(); ++i) {
    const char c = in[i];
    if (c == '\x1b' && i + 1 < in.size() && in[i + 1] == '[') {
      for (i += 2; i < in.size() && (in[i] < '@' || in[i] > '~');) ++i;
    } else if (c == '\x1b' && i + 1 < in.size() && in[i + 1] == ']') {
      for (i += 2; i < in.size() && in[i] != '\a';) ++i;
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
