#include "common/text.hpp"

#include <algorithm>
#include <boost/locale/utf.hpp>

#include "common/text_table.hpp"

namespace portlab {

namespace {

bool is_plain(char c) { return c >= ' ' && c != 0x7f && static_cast<unsigned char>(c) < 0x80; }

std::string wrap_line(std::string_view line, std::size_t columns, std::size_t indent) {
  std::string out;
  std::size_t used = 0;
  while (!line.empty()) {
    const auto gap = line.find_first_not_of(' ');
    if (gap == std::string_view::npos) break;
    const auto end = line.find(' ', gap);
    const auto word = line.substr(0, end);  // and the spaces before it
    if (used > 0 && used + display_width(word) > columns) {
      out += "\n" + std::string(indent, ' ');
      out += word.substr(gap);
      used = indent + display_width(word.substr(gap));
    } else {
      out += word;
      used += display_width(word);
    }
    line = end == std::string_view::npos ? std::string_view() : line.substr(end);
  }
  return out;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string upper_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), upper);
  return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

CodePoint first_code_point(std::string_view text) {
  using Utf8 = boost::locale::utf::utf_traits<char>;
  const auto* at = text.data();
  const auto value = Utf8::decode(at, text.data() + text.size());
  if (value == boost::locale::utf::illegal || value == boost::locale::utf::incomplete) return {};
  return {value, static_cast<std::size_t>(at - text.data())};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = first_code_point(text).bytes;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

std::string displayable(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max && std::all_of(text.begin(), text.end(), is_plain))
    return std::string(text);
  std::string out;
  while (!text.empty()) {
    const auto [value, bytes] = first_code_point(text);
    const bool shown = bytes > 0 && !is_control(value);
    const auto character = shown ? text.substr(0, bytes) : "?";
    if (out.size() + character.size() > bytes_max) break;
    out += character;
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return out;
}

std::string wrap(std::string_view text, unsigned columns, unsigned indent) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out += wrap_line(text.substr(0, end), columns, indent);
    if (end == std::string_view::npos) break;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string labelled(std::string_view label, std::string_view text, unsigned columns,
                     unsigned label_width) {
  std::string line = "  " + std::string(label);
  line.resize(std::max<std::size_t>(line.size() + 1, label_width), ' ');
  return wrap(line + std::string(text), columns, label_width) + "\n";
}

}  // namespace portlab
