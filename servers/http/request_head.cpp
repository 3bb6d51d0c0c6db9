#include "servers/http/request_head.hpp"

#include <algorithm>

#include "common/ascii_digit.hpp"
#include "servers/http/request_framing.hpp"
#include "servers/http/request_target.hpp"

namespace portlab::http {

namespace {

/// Enough for a browser's request without growing.
constexpr std::size_t head_bytes_usual = 512;
constexpr std::size_t fields_usual = 16;

constexpr HttpError no_method{400, "the request line does not begin with a method"};
constexpr HttpError no_target{400, "the request line has no target"};
constexpr HttpError method_too_long{501, "no method is that long"};
constexpr HttpError line_too_long{414, "the request line is too long"};
constexpr HttpError fields_too_long{431, "the header is too long"};

/// A request-target of visible ASCII. Browsers send some characters as they are that RFC 3986 wants
/// encoded, such as "|"; they are accepted. "#" is not: a fragment stays in the client.
std::optional<HttpError> target_error(std::string_view target) {
  if (target.empty()) return no_target;
  for (const char c : target) {
    if (c == '#') return HttpError{400, "a request target has no fragment (#)"};
    if (c <= ' ' || c > '~') return HttpError{400, "the target has a byte that a URL can't have"};
  }
  return std::nullopt;
}

/// HTTP-version = "HTTP/" DIGIT "." DIGIT (RFC 9112 section 2.3). A higher minor version is served
/// as HTTP/1.1 (RFC 9110 section 2.5).
std::optional<HttpError> version_error(std::string_view version) {
  if (version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
      version[6] == '.' && is_digit(version[7])) {
    if (version[5] == '1') return std::nullopt;
    return HttpError{505, "this server supports HTTP/1.1 and HTTP/1.0"};
  }
  return HttpError{400, "the request line does not end in an HTTP version such as HTTP/1.1"};
}

}  // namespace

std::optional<HttpError> field_line_error(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t'))
    return HttpError{400, "a line that begins with white space (RFC 9112 section 5.2)"};
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return HttpError{400, "a header line without a colon"};
  const auto name = line.substr(0, colon);
  if (name.empty()) return HttpError{400, "a header line without a name"};
  if (name.ends_with(' ') || name.ends_with('\t'))
    return HttpError{400, "white space before a colon (RFC 9112 section 5.1)"};
  if (!is_token(name)) return HttpError{400, "a header name that is not a token"};
  if (has_control_character(line.substr(colon + 1)))
    return HttpError{400, "a control character in a header's value (RFC 9110 section 5.5)"};
  return std::nullopt;
}

ReadState HeadReader::read(std::string_view bytes, std::size_t& used) {
  used = 0;
  for (;;) {
    const auto rest = bytes.substr(used);
    const auto newline = rest.find('\n', searched_);
    if (newline == std::string_view::npos) {
      searched_ = rest.size();
      return check_unfinished_line(rest);
    }
    searched_ = 0;
    used += newline + 1;
    const auto state = read_line(rest.substr(0, newline + 1));
    if (state != ReadState::more) return state;
  }
}

/// `line_with_end`: with its LF.
ReadState HeadReader::read_line(std::string_view line_with_end) {
  if (!line_with_end.ends_with("\r\n"))
    return refuse({400, "a line that ends in LF alone, without CR"});
  const auto line = line_with_end.substr(0, line_with_end.size() - 2);
  const bool is_request_line = request_.head.empty();
  if (is_request_line && line.empty()) {
    if (++empty_lines_ > empty_lines_max) return refuse({400, "too many empty lines"});
    return ReadState::more;
  }
  if (is_request_line) request_.head.reserve(head_bytes_usual);
  request_.head += line_with_end;
  if (is_request_line) return read_request_line(line);
  return line.empty() ? finish() : read_field_line(line);
}

ReadState HeadReader::read_request_line(std::string_view line) {
  const auto state = check_request_line_so_far(line);
  if (state != ReadState::more) return state;
  if (request_.method.size() == line.size()) return refuse(no_target);
  const auto rest = line.substr(request_.method.size() + 1);
  const auto target_end = rest.find(' ');
  if (target_end == std::string_view::npos)
    return refuse({400, "a request line is METHOD TARGET VERSION; this one has two words"});
  const auto target = rest.substr(0, target_end);
  const auto version = rest.substr(target_end + 1);
  if (const auto error = target_error(target)) return refuse(*error);
  if (const auto error = version_error(version)) return refuse(*error);
  request_.target = target;
  request_.http_1_0 = version == "HTTP/1.0";
  request_.fields.reserve(fields_usual);
  return ReadState::more;
}

ReadState HeadReader::read_field_line(std::string_view line) {
  fields_bytes_ += line.size() + 2;
  if (fields_bytes_ > fields_bytes_max) return refuse(fields_too_long);
  if (request_.fields.size() == fields_max) return refuse({431, "too many header lines"});
  if (const auto error = field_line_error(line)) return refuse(*error);
  const auto colon = line.find(':');
  request_.fields.push_back(
      {std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
  return ReadState::more;
}

/// Refuses what can't become a request any more (a TLS hello, for example) without the rest of it.
ReadState HeadReader::check_unfinished_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return ReadState::more;
  if (request_.head.empty()) return check_request_line_so_far(line);
  const bool too_long = fields_bytes_ + line.size() + 2 > fields_bytes_max;
  return too_long ? refuse(fields_too_long) : ReadState::more;
}

ReadState HeadReader::check_request_line_so_far(std::string_view line) {
  const auto method = line.substr(0, std::min(line.find(' '), method_bytes_max + 1));
  if (!is_token(method)) return refuse(no_method);
  if (method.size() > method_bytes_max) return refuse(method_too_long);
  request_.method = method;
  return line.size() > request_line_bytes_max ? refuse(line_too_long) : ReadState::more;
}

/// The checks that need all field lines.
ReadState HeadReader::finish() {
  if (const auto error = read_framing(request_)) return refuse(*error);
  if (const auto error = read_target(request_)) return refuse(*error);
  return ReadState::complete;
}

ReadState HeadReader::refuse(HttpError error) {
  error_ = error;
  return ReadState::refused;
}

}  // namespace portlab::http
