#include "labs/runner/check/expected_output.hpp"

#include <algorithm>
#include <boost/regex.hpp>

#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

constexpr std::string_view ellipsis = "\u2026";

/// The lines without blanks at their ends, and without empty lines at the end of the text.
Lines lines_of(std::string_view text) {
  auto lines = split_lines(text);
  for (auto& line : lines) line.erase(line.find_last_not_of(' ') + 1);
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

bool is_ephemeral_port(const std::string& number) {
  constexpr int first = 32'768, last = 65'535;  // from Linux's first one: ip_local_port_range
  if (number.size() != 5 || number.find('.') != std::string::npos) return false;
  return std::stoi(number) >= first && std::stoi(number) <= last;
}

/// A regular expression for a line of the file. A number is not a part of a word ("fe80").
boost::regex pattern_of(const std::string& line) {
  static const boost::regex special(
      "(\u2026)"
      R"(|(?<![[:alnum:]])(\d+m\d+[.,]\d+s\b))"     // 0m3.012s: bash's `time`
      R"(|(?<![[:alnum:]])(\d+(?:\.\d+)* ?m?s\b))"  // a duration: 0.5 s, 12 ms
      R"(|(?<![[:alnum:]])(\d+(?:\.\d+)*))"         // 80, 127.0.0.1
      R"(|([ \t]+)|([\\^$.|?*+()\[\]{}]))"
      R"(|(counter packets \d+ bytes \d+))");  // nft(8): a SYN may be sent again
  const auto as_pattern = [](const boost::smatch& found) -> std::string {
    if (found[1].matched) return ".*";
    if (found[2].matched) return "[0-9]+m[0-9]+[.,][0-9]+s";
    if (found[3].matched) return "[0-9.]+ ?m?s";
    if (found[4].matched && is_ephemeral_port(found[4])) return "[0-9]{4,5}";
    if (found[5].matched) return "[ \\t]+";
    if (found[7].matched) return "counter packets [0-9]+ bytes [0-9]+";
    return "\\Q" + found.str() + "\\E";
  };
  return boost::regex(boost::regex_replace(line, special, as_pattern));
}

}  // namespace

// The lines between two "…" are a block. Each block is matched at the first place where it fits,
// which is right for all that follow: no second try is needed, and the time is bounded by the
// product of the two sizes. The first block is at the beginning of the output, the last one at its
// end.
std::optional<Difference> compare_output(std::string_view expected, std::string_view actual) {
  const auto wanted = lines_of(expected), got = lines_of(actual);
  std::vector<boost::regex> patterns;
  for (const auto& line : wanted) patterns.push_back(pattern_of(line));
  const auto difference_at = [&](std::size_t in_wanted, std::size_t in_got) {
    const auto line_at = [](const Lines& lines, std::size_t at) {
      return at < lines.size() ? lines[at] : std::string("(nothing more)");
    };
    return Difference{line_at(wanted, in_wanted), line_at(got, in_got)};
  };
  std::size_t at = 0;  // in `got`
  for (std::size_t begin = 0; begin <= wanted.size();) {
    auto end = begin;
    while (end < wanted.size() && wanted[end] != ellipsis) ++end;
    const auto size = end - begin;
    const bool is_first = begin == 0, is_last = end == wanted.size();
    if (is_last && !is_first && got.size() >= at + size) at = got.size() - size;
    const auto last_place = is_first || is_last ? at : got.size();
    auto nearest = difference_at(begin, at);  // where most lines match
    std::size_t same = 0;
    for (std::size_t place = at, most = 0; place <= last_place; ++place) {
      same = 0;
      while (same < size && place + same < got.size() &&
             boost::regex_match(got[place + same], patterns[begin + same]))
        ++same;
      at = place;
      if (same == size) break;
      if (same > most) nearest = difference_at(begin + same, place + same);
      most = std::max(most, same);
    }
    if (same < size) return nearest;
    at += size;
    if (is_last && at != got.size()) return difference_at(end, at);
    begin = end + 1;
  }
  return std::nullopt;
}

std::string plain_text(std::string_view terminal_output) {
  // CSI, which ends with a letter; OSC, which ends with BEL or ST; other escape sequences.
  static const boost::regex escape(
      R"(\x1b(?:\[[^@-~]*[@-~]?|\][^\x07\x1b]*(?:\x07|\x1b.)?|[^\[\]])?)");
  const auto text = boost::regex_replace(std::string(terminal_output), escape, "");
  std::string out;
  std::size_t line = 0;  // where the current line begins in `out`
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i], next = i + 1 < text.size() ? text[i + 1] : '\n';
    if (c == '\r' && next != '\n' && next != '\r') out.resize(line);
    if (c == '\b' && out.size() > line) out.pop_back();
    if (c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= 0x20) out += c;
    if (c == '\n') line = out.size();
  }
  return out;
}

}  // namespace portlab::labs
