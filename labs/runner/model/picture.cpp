#include "labs/runner/model/picture.hpp"

#include <cctype>
#include <cstddef>

#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

/// The end of the word that is, or continues, at this place.
std::size_t word_end(const std::string& line, std::size_t at) {
  while (at < line.size() &&
         (std::isalnum(static_cast<unsigned char>(line[at])) != 0 || line[at] == '.'))
    ++at;
  return at;
}

/// The end of the spaces, or of the part of an arrow, that begin at this place.
std::size_t run_end(const std::string& line, std::size_t at) {
  const char c = line[at];
  if (c != ' ' && c != '-') return at;
  while (at < line.size() && line[at] == c) ++at;
  return at;
}

std::string line_with_columns_kept(const std::string& before, const std::string& after) {
  std::string out;
  std::size_t in_before = 0, in_after = 0;
  std::ptrdiff_t surplus = 0;  // how many columns too far right the text is
  while (in_after < after.size()) {
    if (in_before < before.size() && before[in_before] == after[in_after]) {
      const auto size = run_end(before, in_before) - in_before;
      if (surplus != 0 && size > 1 && run_end(after, in_after) - in_after == size) {
        const auto wanted = static_cast<std::ptrdiff_t>(size) - surplus;
        const auto kept = wanted < 1 ? std::ptrdiff_t{1} : wanted;
        out.append(static_cast<std::size_t>(kept), after[in_after]);
        surplus -= static_cast<std::ptrdiff_t>(size) - kept;
        in_before += size;
        in_after += size;
        continue;
      }
      out += after[in_after];
      ++in_before;
      ++in_after;
      continue;
    }
    const auto old_end = word_end(before, in_before), new_end = word_end(after, in_after);
    if (old_end == in_before && new_end == in_after) return after;  // not a replaced word
    surplus += static_cast<std::ptrdiff_t>(new_end - in_after) -
               static_cast<std::ptrdiff_t>(old_end - in_before);
    out += after.substr(in_after, new_end - in_after);
    in_before = old_end;
    in_after = new_end;
  }
  return out;
}

}  // namespace

std::string with_columns_kept(std::string_view before, std::string_view after) {
  const auto old_lines = split_lines(before);
  auto lines = split_lines(after);
  if (old_lines.size() != lines.size()) return std::string(after);
  bool in_block = false, in_picture = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].starts_with("```")) {
      in_block = !in_block;
      in_picture = in_block && !lines[i].starts_with("```sh") && !lines[i].starts_with("```output");
    } else if (in_picture && lines[i] != old_lines[i]) {
      lines[i] = line_with_columns_kept(old_lines[i], lines[i]);
    }
  }
  auto text = join_lines(lines);
  if (!after.ends_with('\n') && !text.empty()) text.pop_back();
  return text;
}

}  // namespace portlab::labs
