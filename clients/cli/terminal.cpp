#include "clients/cli/terminal.hpp"

#include <langinfo.h>
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

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "common/system/terminal_size.hpp"

namespace portlab {

namespace {

std::string hex_escape(std::uint8_t byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

bool is_layout_or_text(std::uint8_t byte) {
  const bool layout = byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
  return layout || (byte >= 0x20 && byte != 0x7f);
}

CommandError stdout_failure(int system_error) {
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
  if (const auto size = terminal_size(descriptor)) return size->columns == 0 ? 80 : size->columns;
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
    auto length = utf8_length(text);
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
