#pragma once
// What a request asks for: the four forms of a request target (RFC 9112 section 3.2).

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "servers/http/head.hpp"

namespace portlab::http {

struct Target {
  bool whole_server = false;  ///< "*": OPTIONS about the server itself
  std::string path;           ///< decoded, "/" first
  std::string_view query;     ///< as it came, without the "?"
};

/// The target, or why there is none. A host inside the target overrides the Host field (section
/// 3.2.2); as this server has one site for all names, neither decides anything.
std::variant<Target, HttpError> parse_target(std::string_view method, std::string_view target);

}  // namespace portlab::http
