#include "common/text.hpp"

#include <algorithm>
#include <cstdint>

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

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto first = byte(0);
  std::size_t length = 0;
  if (first < 0x80) length = 1;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  if (length < 3) return length;
  const auto second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<std::uint8_t>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<std::uint8_t>(character[1]) < 0xA0;
}

std::string displayable(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max && std::all_of(text.begin(), text.end(), is_plain))
    return std::string(text);
  std::string out;
  while (!text.empty()) {
    const auto length = std::max<std::size_t>(utf8_length(text), 1);
    const auto character = text.substr(0, length);
    const bool shown = utf8_length(text) > 0 && !is_control(character);
    if (out.size() + (shown ? length : 1) > bytes_max) break;
    if (shown)
      out += character;
    else
      out += '?';
    text.remove_prefix(length);
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
