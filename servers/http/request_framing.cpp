#include "servers/http/framing.hpp"

#include <algorithm>

#include "common/endpoint.hpp"
#include "servers/http/http_text.hpp"

namespace portlab::http {

namespace {

std::optional<HttpError> host_fault(const Head& head) {
  const auto hosts = head.count(Field::host);
  if (hosts > 1) return HttpError{400, "more than one Host (RFC 9112 section 3.2)"};
  if (hosts == 0) {
    if (head.http_1_0) return std::nullopt;
    return HttpError{400, "no Host (RFC 9112 section 3.2)"};
  }
  if (!is_valid_host(*head.find(Field::host)))
    return HttpError{400, "Host is not HOST or HOST:PORT (RFC 9110 section 7.2)"};
  return std::nullopt;
}

/// Only the one coding that this server can undo, once: "chunked" (RFC 9112 section 6.1).
std::optional<HttpError> transfer_encoding_fault(const Head& head) {
  if (head.http_1_0) return HttpError{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (head.has(Field::content_length))
    return HttpError{400, "both Transfer-Encoding and Content-Length (RFC 9112 section 6.3)"};
  std::size_t lines = 0, codings = 0, chunked = 0;
  bool well_formed = true, chunked_last = false;
  head.each(Field::transfer_encoding, [&](std::string_view value) {
    ++lines;
    well_formed = well_formed && is_token(value.substr(0, value.find_first_of(",; \t")));
    ListReader list(value);
    while (const auto coding = list.next()) {
      ++codings;
      chunked_last = equal_ignoring_case(*coding, "chunked");
      if (chunked_last) ++chunked;
      const auto name = trim(coding->substr(0, coding->find(';')));
      well_formed = well_formed && is_token(name);
      // "chunked" has no parameters (RFC 9112 section 7.1).
      if (!chunked_last && equal_ignoring_case(name, "chunked")) well_formed = false;
    }
  });
  if (!well_formed || codings == 0 || chunked > 1)
    return HttpError{400, "Transfer-Encoding is malformed (RFC 9112 section 6.1)"};
  if (chunked == 1 && !chunked_last)
    return HttpError{400, "chunked must be the last transfer coding (RFC 9112 section 6.3)"};
  if (codings > 1 || chunked == 0)
    return HttpError{501, "the only transfer coding here is chunked"};
  if (lines > 1 || head.find(Field::transfer_encoding)->size() != 7)
    return HttpError{400, "Transfer-Encoding has empty elements"};
  return std::nullopt;
}

/// One line, digits only, no needless zeros: RFC 9110 section 8.6 allows repeated equal values and
/// zeros in front, and nobody honest sends them.
std::variant<std::uint64_t, HttpError> content_length_of(const Head& head) {
  const auto lines = head.count(Field::content_length);
  if (lines == 0) return std::uint64_t{0};
  if (lines > 1) return HttpError{400, "more than one Content-Length"};
  const auto text = *head.find(Field::content_length);
  const auto length = parse_decimal(text);
  if (!length || (text.size() > 1 && text.starts_with('0')))
    return HttpError{400, "Content-Length is not a decimal number (RFC 9110 section 8.6)"};
  if (*length > body_bytes_max) return HttpError{413, "the body is too long"};
  return *length;
}

std::optional<HttpError> read_expectations(const Head& head, Framing& framing) {
  if (head.http_1_0) return std::nullopt;  // must ignore them (RFC 9110 section 10.1.1)
  bool unknown = false;
  head.each(Field::expect, [&](std::string_view value) {
    ListReader list(value);
    while (const auto expectation = list.next()) {
      if (equal_ignoring_case(*expectation, "100-continue")) {
        framing.expects_continue = true;
      } else {
        unknown = true;
      }
    }
  });
  if (unknown) return HttpError{417, "the only expectation that is met here is 100-continue"};
  return std::nullopt;
}

void read_connection(const Head& head, Framing& framing) {
  bool close = false, keep_alive = false;
  head.each(Field::connection, [&](std::string_view value) {
    ListReader list(value);
    while (const auto option = list.next()) {
      close = close || equal_ignoring_case(*option, "close");
      keep_alive = keep_alive || equal_ignoring_case(*option, "keep-alive");
    }
  });
  framing.keep_alive = !close && (!head.http_1_0 || keep_alive);
  framing.says_keep_alive = framing.keep_alive && head.http_1_0;
}

bool is_host_name_char(char c) {
  // unreserved, "%" and sub-delims of RFC 3986, but for ",": two hosts in one field.
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~%!$&'()*+;=").find(c) != std::string_view::npos;
}

}  // namespace

bool is_valid_host(std::string_view host) {
  std::string_view port;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    // A zone (fe80::1%eth0) means something to one machine only, and is no part of a URL's host.
    if (host.substr(0, end).find('%') != std::string_view::npos) return false;
    const auto address = parse_address(host.substr(1, end - 1));
    if (!address || !address->is_v6()) return false;
    port = host.substr(end + 1);
  } else {
    const auto colon = std::min(host.find(':'), host.size());
    const auto name = host.substr(0, colon);
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_host_name_char)) return false;
    if (name.find('%') != std::string_view::npos && !percent_decode(name)) return false;
    port = host.substr(colon);
  }
  if (port.empty() || port == ":") return true;  // port = *DIGIT
  const auto number = parse_decimal(port.substr(1));
  return port.starts_with(':') && number && *number <= 65535;
}

std::variant<Framing, HttpError> framing_of(const Head& head) {
  Framing framing;
  if (const auto fault = host_fault(head)) return *fault;
  if (head.has(Field::transfer_encoding)) {
    if (const auto fault = transfer_encoding_fault(head)) return *fault;
    framing.chunked = true;
  } else {
    const auto length = content_length_of(head);
    if (const auto* fault = std::get_if<HttpError>(&length)) return *fault;
    framing.content_length = std::get<std::uint64_t>(length);
  }
  if (head.count(Field::content_type) > 1) return HttpError{400, "more than one Content-Type"};
  if (const auto fault = read_expectations(head, framing)) return *fault;
  read_connection(head, framing);
  return framing;
}

}  // namespace portlab::http
