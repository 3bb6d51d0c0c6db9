#include "servers/http/request_target.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "servers/http/request_framing.hpp"

namespace portlab::http {

namespace {

std::optional<HttpError> read_path(std::string_view text, Request& request) {
  const auto question = std::min(text.find('?'), text.size());
  if (question < text.size()) request.query = text.substr(question + 1);
  auto path = percent_decode(text.substr(0, question));
  if (!path) return HttpError{400, "a percent sign without two hex digits after it"};
  if (has_control_character(*path) || path->find('\t') != std::string::npos)
    return HttpError{400, "an encoded control character in the path"};
  request.path = std::move(*path);
  return std::nullopt;
}

}  // namespace

std::optional<HttpError> read_target(Request& request) {
  const bool is_options = request.method == "OPTIONS";
  if (request.method == "CONNECT") return HttpError{501, "this server is not a proxy"};
  std::string_view text = request.target;
  if (text == "*") {  // asterisk-form
    if (!is_options) return HttpError{400, "the target * is for OPTIONS only"};
    request.whole_server = true;
    return std::nullopt;
  }
  if (text.starts_with('/')) return read_path(text, request);  // origin-form

  // absolute-form: what a client sends to a proxy. A server must accept it, too.
  const auto starts_with = [&](std::string_view scheme) {
    return equal_ignoring_case(text.substr(0, scheme.size()), scheme);
  };
  request.https_url = starts_with("https://");
  if (!request.https_url && !starts_with("http://"))
    return HttpError{400, "the target is neither a path nor an http or https URL"};
  text.remove_prefix(text.find("//") + 2);
  const auto host_end = std::min(text.find_first_of("/?"), text.size());
  if (!is_valid_host(text.substr(0, host_end)))
    return HttpError{400, "the URL's host is not HOST or HOST:PORT"};
  text.remove_prefix(host_end);
  if (text.empty() && is_options) {  // the same as "*" (section 3.2.4)
    request.whole_server = true;
    return std::nullopt;
  }
  if (text.starts_with('/')) return read_path(text, request);
  const auto error = read_path(text, request);
  request.path = "/";
  return error;
}

}  // namespace portlab::http
