#include "common/ftp/reply.hpp"

#include <algorithm>
#include <utility>

#include "common/ascii_digit.hpp"
#include "common/ftp/telnet.hpp"

namespace portlab::ftp {

namespace {

/// The code at the start of a line. The first digit is 1 to 5 (RFC 959), or 6 (RFC 2228).
std::optional<int> code_of(std::string_view line) {
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit))
    return std::nullopt;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (code < 100 || code > 699) return std::nullopt;
  return code;
}

/// Replaces control characters, which would break the reply or the terminal that shows it.
std::string printable(std::string_view line) {
  std::string out(line);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  return telnet_escaped(out);
}

Error no_reply(std::string_view line) {
  return Error{"'" + printable(line.substr(0, 60)) +
               "' is not an FTP reply, which begins with three digits: does another service listen "
               "on that port?"};
}

}  // namespace

std::string format_reply(int code, std::string_view text) {
  const std::string number = std::to_string(code);
  std::string out;
  bool first = true;
  for (;;) {
    const auto end = text.find('\n');
    const std::string line = printable(text.substr(0, end));
    const bool last = end == std::string_view::npos;
    if (last)
      out += number + " " + line;
    else if (first)
      out += number + "-" + line;
    else
      out += " " + line;
    out += "\r\n";
    if (last) return out;
    first = false;
    text.remove_prefix(end + 1);
  }
}

std::string Reply::all_text() const {
  std::string all = lines.front();
  for (std::size_t i = 1; i < lines.size(); ++i) all += "\n" + lines[i];
  return all;
}

Result<std::optional<Reply>> ReplyReader::add_line(std::string_view line) {
  const auto code = code_of(line);
  const std::string_view after = line.substr(std::min<std::size_t>(line.size(), 4));
  if (!begun_) {
    if (!code || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) return no_reply(line);
    Reply reply{*code, {std::string(after)}};
    if (line.size() == 3 || line[3] == ' ') return std::optional(std::move(reply));
    begun_ = std::move(reply);
    return std::optional<Reply>();
  }
  const bool last = code == begun_->code && (line.size() == 3 || line[3] == ' ');
  if (begun_->lines.size() == lines_max) {
    begun_.reset();
    return Error{"the reply has more than " + std::to_string(lines_max) + " lines"};
  }
  begun_->lines.emplace_back(last ? after : line);
  if (!last) return std::optional<Reply>();
  return std::exchange(begun_, std::nullopt);
}

std::string quote_path(std::string_view path) {
  std::string out = "\"";
  for (const char c : path) {
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

std::optional<std::string> unquote_path(std::string_view text) {
  const auto open = text.find('"');
  if (open == std::string_view::npos) return std::nullopt;
  std::string path;
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      const bool doubled = i + 1 < text.size() && text[i + 1] == '"';
      if (!doubled) return path;
      ++i;
    }
    path += text[i];
  }
  return std::nullopt;
}

}  // namespace portlab::ftp
