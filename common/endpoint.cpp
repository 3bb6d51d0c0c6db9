#include "common/endpoint.hpp"

#include <algorithm>
#include <utility>

#include "common/port.hpp"

namespace portlab {

std::string_view to_string(Transport transport) {
  switch (transport) {
    case Transport::tcp:
      return "tcp";
    case Transport::udp:
      return "udp";
    case Transport::local:
      return "unix";
  }
  return "unknown";
}

std::string Endpoint::address_and_port() const {
  if (transport == Transport::local) return path.empty() ? "(unnamed)" : path;
  const std::string host = address.to_string();
  return (address.is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Endpoint::to_string() const {
  return std::string(portlab::to_string(transport)) + " " + address_and_port();
}

Endpoint tcp_endpoint(const asio::ip::address& address, std::uint16_t port) {
  return {Transport::tcp, address, port, {}};
}

Endpoint udp_endpoint(const asio::ip::address& address, std::uint16_t port) {
  return {Transport::udp, address, port, {}};
}

Endpoint local_endpoint(std::string path) { return {Transport::local, {}, 0, std::move(path)}; }

Result<HostAndPort> parse_host_and_port(std::string_view text) {
  const auto with_port = [](std::string_view host, std::string_view digits) -> Result<HostAndPort> {
    const auto port = parse_port(digits);
    if (!port) return port.error();
    return HostAndPort{std::string(host), *port};
  };
  const auto complain = [&](const char* why) {
    return Error{"'" + std::string(text) + "' is not a host: " + why +
                 "; write HOST, HOST:PORT or [IPV6]:PORT"};
  };

  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return complain("the closing ] is missing");
    const auto host = text.substr(1, end - 1);
    const auto rest = text.substr(end + 1);
    if (!parse_address(host)) return complain("there is no IPv6 address between [ and ]");
    if (rest.empty()) return HostAndPort{std::string(host), std::nullopt};
    if (!rest.starts_with(':')) return complain("after ] comes :PORT or nothing");
    return with_port(host, rest.substr(1));
  }

  if (text.find("://") != std::string_view::npos) return complain("this is a URL");
  const auto colons = std::count(text.begin(), text.end(), ':');
  if (colons > 1) {  // an IPv6 address without brackets can't have a port
    // ::1:8007 is an IPv6 address that no machine has; port 8007 of ::1 is meant.
    const bool has_port = text.starts_with("::1:") && parse_port(text.substr(4));
    if (has_port || !parse_address(text))
      return complain("an IPv6 address with a port needs brackets");
    return HostAndPort{std::string(text), std::nullopt};
  }
  const auto colon = text.find(':');
  const auto host = text.substr(0, colon);
  if (host.empty()) return complain("the name or address is missing");
  if (colon == std::string_view::npos) return HostAndPort{std::string(host), std::nullopt};
  return with_port(host, text.substr(colon + 1));
}

Result<asio::ip::address> parse_address(std::string_view text) {
  std::string_view address_text = text;
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    address_text = text.substr(1, text.size() - 2);
  boost::system::error_code failed;
  const auto address = asio::ip::make_address(std::string(address_text), failed);
  if (failed)
    return Error{"'" + std::string(text) +
                 "' is not an address: write one like 127.0.0.1 or ::1 (0.0.0.0 and :: mean all "
                 "of this machine)"};
  return address;
}

}  // namespace portlab
