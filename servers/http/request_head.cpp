#include "servers/http/head.hpp"

#include <algorithm>

#include "servers/http/http_text.hpp"

namespace portlab::http {

namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A request-target of visible ASCII. Browsers send some characters raw that RFC 3986 wants
/// encoded, such as "|": harmless, so they pass. "#" does not: a fragment is the client's own.
std::optional<HttpError> target_fault(std::string_view target) {
  if (target.empty()) return HttpError{400, "the request line has no target"};
  for (const char c : target) {
    if (c == '#') return HttpError{400, "a request target has no fragment (#)"};
    if (c <= ' ' || c > '~') return HttpError{400, "the target has a byte that a URL can't have"};
  }
  return std::nullopt;
}

/// HTTP-version (RFC 9112 section 2.3): exactly "HTTP/" DIGIT "." DIGIT.
std::optional<HttpError> version_fault(std::string_view version) {
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7]))
    return HttpError{400, "the request line does not end in an HTTP version such as HTTP/1.1"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return HttpError{505, "this server speaks HTTP/1.1 and HTTP/1.0"};
  return std::nullopt;
}

}  // namespace

std::optional<HttpError> request_line_fault(std::string_view line) {
  if (std::any_of(line.begin(), line.end(), is_control))
    return HttpError{400, "a control character in the request line"};
  const auto method_end = line.find(' ');
  const auto method = line.substr(0, method_end);
  if (!is_token(method)) return HttpError{400, "the request line does not begin with a method"};
  if (method.size() > method_bytes_max) return HttpError{501, "no method is that long"};
  if (method_end == std::string_view::npos) return HttpError{400, "the request line has no target"};
  const auto rest = line.substr(method_end + 1);
  const auto target_end = rest.find(' ');
  if (target_end == std::string_view::npos)
    return HttpError{400, "a request line is METHOD TARGET VERSION; this one has two words"};
  if (const auto fault = target_fault(rest.substr(0, target_end))) return fault;
  return version_fault(rest.substr(target_end + 1));
}

std::optional<HttpError> field_line_fault(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t'))
    return HttpError{400, "a line that begins with white space (RFC 9112 section 5.2)"};
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return HttpError{400, "a header line without a colon"};
  const auto name = line.substr(0, colon);
  if (name.empty()) return HttpError{400, "a header line without a name"};
  if (name.ends_with(' ') || name.ends_with('\t'))
    return HttpError{400, "white space before a colon (RFC 9112 section 5.1)"};
  if (!is_token(name)) return HttpError{400, "a header name that is no token"};
  const auto value = line.substr(colon + 1);
  if (std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; }))
    return HttpError{400, "a control character in a header's value (RFC 9110 section 5.5)"};
  return std::nullopt;
}

HeadScanner::State HeadScanner::scan(std::string_view pending) {
  for (;;) {
    const auto newline = pending.find('\n', std::max(scanned_, line_));
    if (newline == std::string_view::npos) {
      scanned_ = pending.size();
      return check_unfinished(pending.substr(line_));
    }
    const auto line = pending.substr(line_, newline - line_);
    const auto state = take_line(line);
    if (state == State::refused) return state;
    line_ = newline + 1;
    if (lines_ == 0) {
      begin_ = line_;
    } else if (lines_ == 1) {
      fields_begin_ = line_;
    }
    if (state == State::complete) return state;
  }
}

HeadScanner::State HeadScanner::take_line(std::string_view line) {
  if (!line.ends_with('\r')) return refuse({400, "a line that ends in LF alone; HTTP wants CR LF"});
  line.remove_suffix(1);
  if (lines_ == 0) {
    if (line.empty())
      return ++empty_lines_ > empty_lines_max ? refuse({400, "nothing but empty lines"})
                                              : State::more;
    if (line.size() > request_line_bytes_max) return refuse({414, "the request line is too long"});
    if (const auto fault = request_line_fault(line)) return refuse(*fault);
    ++lines_;
    return State::more;
  }
  if (line.empty()) return State::complete;
  if (line_ - fields_begin_ + line.size() + 2 > fields_bytes_max)
    return refuse({431, "the header is too long"});
  if (++lines_ - 1 > fields_max) return refuse({431, "too many header lines"});
  if (const auto fault = field_line_fault(line)) return refuse(*fault);
  return State::more;
}

HeadScanner::State HeadScanner::check_unfinished(std::string_view line) {
  const bool has_cr = line.ends_with('\r');
  const auto text = has_cr ? line.substr(0, line.size() - 1) : line;
  if (lines_ > 0) {
    const auto so_far = line_ - fields_begin_ + text.size() + 2;
    return !text.empty() && so_far > fields_bytes_max ? refuse({431, "the header is too long"})
                                                      : State::more;
  }
  // Something that is no HTTP at all (a TLS hello, say) need not be waited for.
  const auto method = text.substr(0, std::min(text.find(' '), method_bytes_max + 1));
  if (!std::all_of(method.begin(), method.end(), is_token_char) || text.starts_with(' '))
    return refuse({400, "the request line does not begin with a method"});
  if (method.size() > method_bytes_max) return refuse({501, "no method is that long"});
  if (text.size() > request_line_bytes_max) return refuse({414, "the request line is too long"});
  return State::more;
}

HeadScanner::State HeadScanner::refuse(HttpError refusal) {
  refusal_ = refusal;
  return State::refused;
}

std::optional<std::string_view> Head::find(Field field) const {
  for (const auto& line : fields())
    if (line.field == field) return line.value;
  return std::nullopt;
}

std::size_t Head::count(Field field) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(fields(), [field](const auto& line) { return line.field == field; }));
}

}  // namespace portlab::http
