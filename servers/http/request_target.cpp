#include "servers/http/target.hpp"

#include <algorithm>

#include "servers/http/framing.hpp"
#include "servers/http/http_text.hpp"

namespace portlab::http {

namespace {

std::variant<Target, HttpError> parse_path(std::string_view text) {
  Target target;
  const auto question = std::min(text.find('?'), text.size());
  const auto path = text.substr(0, question);
  if (question < text.size()) target.query = text.substr(question + 1);
  if (path.find('%') == std::string_view::npos) {
    target.path = path;
    return target;
  }
  auto decoded = percent_decode(path);
  if (!decoded) return HttpError{400, "a percent sign that no two hex digits follow"};
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(decoded->begin(), decoded->end(), is_control))
    return HttpError{400, "an encoded control character in the path"};
  target.path = std::move(*decoded);
  return target;
}

}  // namespace

std::variant<Target, HttpError> parse_target(std::string_view method, std::string_view text) {
  if (method == "CONNECT") return HttpError{501, "this server is no tunnel"};
  if (text == "*") {
    if (method != "OPTIONS") return HttpError{400, "only OPTIONS may ask about *"};
    return Target{.whole_server = true, .path = {}, .query = {}};
  }
  if (text.starts_with('/')) return parse_path(text);

  // absolute-form: what a client sends to a proxy, and a server must understand.
  constexpr std::string_view scheme = "http://";
  if (!equal_ignoring_case(text.substr(0, scheme.size()), scheme))
    return HttpError{400, "the target is neither a path nor an http URL"};
  text.remove_prefix(scheme.size());
  const auto host_end = std::min(text.find_first_of("/?"), text.size());
  if (!is_valid_host(text.substr(0, host_end)))
    return HttpError{400, "the URL's host is not HOST or HOST:PORT"};
  text.remove_prefix(host_end);
  if (text.empty() && method == "OPTIONS")  // section 3.2.4: the same as "*"
    return Target{.whole_server = true, .path = {}, .query = {}};
  if (text.starts_with('/')) return parse_path(text);
  auto target = parse_path(text);
  if (auto* found = std::get_if<Target>(&target)) found->path = "/";
  return target;
}

}  // namespace portlab::http
