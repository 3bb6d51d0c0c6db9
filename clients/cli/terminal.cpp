#include "clients/cli/terminal.hpp"

#include <langinfo.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "clients/cli/command_error.hpp"
#include "clients/cli/numbers.hpp"
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
  return {Exit::failed,
          "stdout: " + std::string(closed ? "it is closed" : std::strerror(system_error)),
          closed ? "without >&-; > FILE (save it), or > /dev/null (throw it away)"
          : full ? "df . (is the disk full?)"
                 : "> FILE (another place for the output)"};
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
    const auto [value, bytes] = first_code_point(text);
    const bool shown = bytes > 0 && !is_control(value);
    if (shown) {
      out += text.substr(0, bytes);
    } else {
      out += hex_escape(static_cast<std::uint8_t>(text.front()));
    }
    text.remove_prefix(shown ? bytes : 1);
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
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Another program set O_NONBLOCK on the open file that it shares with us (open(2)).
      pollfd entry{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&entry, 1, -1);
    } else if (errno != EINTR) {
      throw stdout_failure(errno);
    }
  }
}

void print_json(const boost::json::value& document) {
  print(boost::json::serialize(document) + "\n");
}

void CapturedText::add(Bytes bytes) {
  bytes_ += bytes.size();
  if (bytes_ <= bytes_max)
    kept_ += as_text(bytes);
  else
    kept_.clear();
}

boost::json::value CapturedText::to_json() const {
  if (bytes_ > bytes_max || !is_utf8(kept_)) return nullptr;
  return boost::json::value(kept_);
}

}  // namespace portlab
