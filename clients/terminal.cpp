#include "clients/terminal.hpp"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "clients/failure.hpp"
#include "clients/options.hpp"

namespace portlab {

namespace {

/// How many bytes the UTF-8 sequence at the start of the text has (RFC 3629); 0: it is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                             : first >= 0xe0 && first <= 0xef ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const auto second = byte(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool beyond = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
  return overlong || beyond ? 0 : length;
}

/// C0, DEL, and C1 (U+009B starts an escape sequence as ESC [ does).
bool is_control(std::string_view character) {
  const auto first = static_cast<std::uint8_t>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<std::uint8_t>(character[1]) < 0xa0;
}

std::string hex_escape(std::uint8_t byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

bool is_layout_or_text(std::uint8_t byte) {
  const bool layout = byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
  return layout || (byte >= 0x20 && byte != 0x7f);
}

/// How many columns a UTF-8 text takes, as long as each character takes one.
std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<std::uint8_t>(c) & 0xc0) != 0x80 ? 1 : 0;
  return width;
}

std::string wrap_line(std::string_view line, std::size_t columns, std::size_t indent) {
  std::string out;
  std::size_t used = 0;
  while (!line.empty()) {
    const auto gap = line.find_first_not_of(' ');
    if (gap == std::string_view::npos) break;
    const auto end = line.find(' ', gap);
    const auto word = line.substr(0, end);  // with the spaces before it
    if (used > 0 && used + width_of(word) > columns) {
      out += "\n" + std::string(indent, ' ');
      out += word.substr(gap);
      used = indent + width_of(word.substr(gap));
    } else {
      out += word;
      used += width_of(word);
    }
    line = end == std::string_view::npos ? std::string_view() : line.substr(end);
  }
  return out;
}

Failure stdout_failure(int system_error) {
  const bool closed = system_error == EBADF;
  const bool full = system_error == ENOSPC || system_error == EDQUOT;
  return {Exit::peer_said_no,
          "stdout: " + std::string(closed ? "it is closed" : std::strerror(system_error)),
          closed ? "without >&-; > FILE (save it), or > /dev/null (throw it away)"
          : full ? "df . (is the disk full?)"
                 : "> FILE (another place for the output)"};
}

template <class Range, class AppendOne>
void append_list(std::string& out, const Range& range, const AppendOne& append_one) {
  bool first = true;
  for (const auto& each : range) {
    if (!std::exchange(first, false)) out += ',';
    append_one(each);
  }
}

/// Boost.JSON writes 0.09 as 9E-2, which is right and reads badly: fractions get plain decimals.
void append_json(std::string& out, const boost::json::value& value) {
  if (const auto* object = value.if_object()) {
    out += '{';
    append_list(out, *object, [&](const auto& member) {
      out += boost::json::serialize(boost::json::value(member.key())) + ':';
      append_json(out, member.value());
    });
    out += '}';
  } else if (const auto* array = value.if_array()) {
    out += '[';
    append_list(out, *array, [&](const auto& element) { append_json(out, element); });
    out += ']';
  } else if (const auto* number = value.if_double(); number != nullptr && std::isfinite(*number)) {
    std::array<char, 512> text{};  // 1.8e308 has 309 digits
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), *number, std::chars_format::fixed);
    out.append(text.data(), end.ptr);
  } else {
    out += boost::json::serialize(value);
  }
}

}  // namespace

std::string TextStyle::paint(std::string_view text, std::string_view sgr) const {
  if (!colour) return std::string(text);
  return "\033[" + std::string(sgr) + "m" + std::string(text) + "\033[0m";
}

TextStyle style_of(int descriptor) {
  TextStyle style;
  style.unicode = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  style.colour = ::isatty(descriptor) != 0 && (no_colour == nullptr || *no_colour == '\0') &&
                 term != nullptr && std::strcmp(term, "dumb") != 0;
  return style;
}

std::optional<unsigned> room_of(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0) return size.ws_col == 0 ? 80 : size.ws_col;
  const char* told = std::getenv("PORTLAB_COLUMNS");
  if (told == nullptr) return std::nullopt;
  constexpr unsigned least = 20;
  constexpr unsigned most = 1000;
  const auto columns = parse_number(told, least, most);
  return columns ? std::optional(static_cast<unsigned>(*columns)) : std::nullopt;
}

unsigned columns_of(int descriptor) {
  constexpr unsigned usual = 80;
  return room_of(descriptor).value_or(usual);
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto length = sequence_length(text);
    if (length > 0 && is_control(text.substr(0, length))) length = 0;
    if (length > 0) {
      out += text.substr(0, length);
    } else {
      out += hex_escape(static_cast<std::uint8_t>(text.front()));
    }
    text.remove_prefix(length > 0 ? length : 1);
  }
  return out;
}

bool is_showable(Bytes bytes) { return std::all_of(bytes.begin(), bytes.end(), is_layout_or_text); }

std::string showable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_layout_or_text(static_cast<std::uint8_t>(c)))
      out += c;
    else
      out += hex_escape(static_cast<std::uint8_t>(c));
  }
  return out;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
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

void print(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      throw OutputClosed{};
    } else if (errno != EINTR) {
      throw stdout_failure(errno);
    }
  }
}

std::string to_json_text(const boost::json::value& document) {
  std::string out;
  append_json(out, document);
  return out;
}

void print_json(const boost::json::value& document) { print(to_json_text(document) + "\n"); }

}  // namespace portlab
