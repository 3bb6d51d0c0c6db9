#include "servers/http/request_framing.hpp"

#include <algorithm>

#include "common/endpoint.hpp"

namespace portlab::http {

namespace {

std::optional<HttpError> host_error(const Request& request) {
  if (const auto host = request.field("Host")) {
    if (is_valid_host(*host)) return std::nullopt;
    return HttpError{400, "Host is not HOST or HOST:PORT (RFC 9110 section 7.2)"};
  }
  if (request.count_fields("Host") > 1)
    return HttpError{400, "more than one Host (RFC 9112 section 3.2)"};
  if (request.http_1_0) return std::nullopt;
  return HttpError{400, "no Host (RFC 9112 section 3.2)"};
}

/// The one coding that this server can decode, once: "chunked" (RFC 9112 section 6.1). What is
/// malformed gets 400, another coding 501.
std::optional<HttpError> transfer_encoding_error(const Request& request) {
  constexpr HttpError malformed{400, "Transfer-Encoding is malformed (RFC 9112 section 6.1)"};
  if (request.http_1_0) return HttpError{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (request.count_fields("Content-Length") > 0)
    return HttpError{400, "both Transfer-Encoding and Content-Length (RFC 9112 section 6.3)"};
  if (const auto only = request.field("Transfer-Encoding");
      only && equal_ignoring_case(*only, "chunked"))
    return std::nullopt;
  std::size_t codings = 0, chunked = 0;
  bool well_formed = true, chunked_last = false;
  request.for_each_field("Transfer-Encoding", [&](std::string_view value) {
    if (!is_token(value.substr(0, value.find_first_of(",; \t")))) well_formed = false;
  });
  request.for_each_element("Transfer-Encoding", [&](std::string_view coding) {
    ++codings;
    chunked_last = equal_ignoring_case(coding, "chunked");
    if (chunked_last) ++chunked;
    const auto name = trim(coding.substr(0, coding.find(';')));
    // "chunked" has no parameters (RFC 9112 section 7.1).
    if (!is_token(name) || (!chunked_last && equal_ignoring_case(name, "chunked")))
      well_formed = false;
  });
  if (!well_formed || codings == 0 || chunked > 1) return malformed;
  if (chunked == 1 && !chunked_last)
    return HttpError{400, "chunked must be the last transfer coding (RFC 9112 section 6.3)"};
  if (codings > 1 || chunked == 0)
    return HttpError{501, "the only transfer coding that this server supports is chunked"};
  return malformed;  // "chunked" with empty list elements, or with an empty line beside it
}

/// One line, digits only, no leading zeros. RFC 9110 section 8.6 allows repeated equal values and
/// leading zeros; no client sends them, and they help to smuggle requests.
std::optional<HttpError> read_content_length(Request& request) {
  const auto lines = request.count_fields("Content-Length");
  if (lines == 0) return std::nullopt;
  if (lines > 1) return HttpError{400, "more than one Content-Length"};
  const auto text = *request.field("Content-Length");
  const auto length = parse_decimal(text);
  if (!length || (text.size() > 1 && text.starts_with('0')))
    return HttpError{400, "Content-Length is not a decimal number (RFC 9110 section 8.6)"};
  if (*length > body_bytes_max) return HttpError{413, "the body is too long"};
  request.content_length = *length;
  return std::nullopt;
}

std::optional<HttpError> read_expect(Request& request) {
  if (request.http_1_0) return std::nullopt;  // must be ignored (RFC 9110 section 10.1.1)
  bool unknown = false;
  request.for_each_element("Expect", [&](std::string_view expectation) {
    if (equal_ignoring_case(expectation, "100-continue")) {
      request.expects_continue = true;
    } else {
      unknown = true;
    }
  });
  if (unknown) return HttpError{417, "the only expectation that is supported is 100-continue"};
  return std::nullopt;
}

std::optional<HttpError> read_connection(Request& request) {
  bool well_formed = true, close = false, keep_alive = false;
  request.for_each_element("Connection", [&](std::string_view option) {
    well_formed = well_formed && is_token(option);
    close = close || equal_ignoring_case(option, "close");
    keep_alive = keep_alive || equal_ignoring_case(option, "keep-alive");
  });
  if (!well_formed)
    return HttpError{400, "Connection is not a list of tokens (RFC 9110 section 7.6.1)"};
  request.keep_alive = !close && (!request.http_1_0 || keep_alive);
  return std::nullopt;
}

bool is_host_name_char(char c) {
  // unreserved, "%" and sub-delims of RFC 3986, without ",": that would be two hosts in one field.
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~%!$&'()*+;=").find(c) != std::string_view::npos;
}

}  // namespace

std::optional<HttpError> read_framing(Request& request) {
  if (const auto error = host_error(request)) return error;
  if (request.count_fields("Transfer-Encoding") > 0) {
    if (const auto error = transfer_encoding_error(request)) return error;
    request.chunked = true;
  } else if (const auto error = read_content_length(request)) {
    return error;
  }
  if (request.count_fields("Content-Type") > 1) return HttpError{400, "more than one Content-Type"};
  if (const auto error = read_expect(request)) return error;
  return read_connection(request);
}

bool is_valid_host(std::string_view host) {
  std::string_view port;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    // A zone (fe80::1%eth0) is valid on one machine only; a URL's host can't contain it.
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

}  // namespace portlab::http
