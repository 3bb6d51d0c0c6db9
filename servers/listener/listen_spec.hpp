#pragma once
// What a listener is asked to be, as people write it: "http", "http=83", "http=127.0.0.1:83",
// "dns/udp=[::1]:53", "http=unix:/run/portlab/http".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/endpoint.hpp"
#include "common/result.hpp"

namespace portlab {

/// A service and the place where it is to be found; what is not said is left open.
struct ListenSpec {
  std::string service;
  std::optional<Transport> transport;        ///< not said: every transport that the service speaks
  std::optional<asio::ip::address> address;  ///< not said: the default addresses
  std::optional<std::uint16_t> port;         ///< not said: home. 0: any free one
  std::string path;                          ///< a Unix socket's path, instead of address and port

  /// The same, as it would be written.
  std::string to_string() const;
};

/// Reads one; the error says what is wrong and how it is written. Whether the service exists is not
/// looked at.
Result<ListenSpec> parse_listen_spec(std::string_view text);

}  // namespace portlab
