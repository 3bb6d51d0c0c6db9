#pragma once
// Where a forwarded port leads to, as ssh(1) writes it after -L: HOST:PORT, with IPv6 addresses in
// brackets, or unix:PATH.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/endpoint.hpp"
#include "common/result.hpp"

namespace portlab {

struct ForwardTarget {
  std::string host;                          ///< a name, or the text of the address
  std::optional<asio::ip::address> address;  ///< absent: `host` is a name
  std::uint16_t port = 0;
  std::string path;  ///< of a Unix socket, instead of host and port
};

/// Parses the text. An address to which nobody can connect (0.0.0.0, multicast) is an error.
Result<ForwardTarget> parse_forward_target(std::string_view text);

}  // namespace portlab
