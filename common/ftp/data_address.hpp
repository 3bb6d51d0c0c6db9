#pragma once
// How FTP writes the second port, the one for the data: six numbers in PORT and in the reply 227
// (RFC 959), an address family, an address and a port in EPRT, and a port alone in the reply 229
// (RFC 2428). All pure, for both directions.

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/endpoint.hpp"

namespace portlab::ftp {

/// RFC 2428 section 2: address families as EPRT and EPSV name them.
enum class Family : std::uint8_t { ipv4 = 1, ipv6 = 2 };

Family family_of(const asio::ip::address& address);

/// "127,0,0,1,195,80" is 127.0.0.1 and port 195*256+80. IPv4 only.
std::string format_six_numbers(const Endpoint& endpoint);
/// PORT's argument: six numbers of 0 to 255 and nothing else.
std::optional<Endpoint> parse_six_numbers(std::string_view text);
/// "195*256+80 = 50000": how a person finds the port in the six numbers.
std::string port_arithmetic(std::uint16_t port);

/// The text of a reply 227.
std::string format_passive_text(const Endpoint& endpoint);
/// The endpoint in the text of a reply 227: the first six numbers with commas, wherever they stand,
/// as RFC 1123 section 4.1.2.6 advises.
std::optional<Endpoint> parse_passive_text(std::string_view text);

/// The text of a reply 229.
std::string format_extended_passive_text(std::uint16_t port);
/// The port in the text of a reply 229: between "(|||" and "|)", with any delimiter (RFC 2428
/// section 3).
std::optional<std::uint16_t> parse_extended_passive_text(std::string_view text);

/// "|1|127.0.0.1|50000|" or "|2|::1|50000|".
std::string format_extended_port(const Endpoint& endpoint);

enum class ExtendedPortError : std::uint8_t {
  syntax,  ///< reply 501
  family,  ///< neither IPv4 nor IPv6: reply 522
};
/// EPRT's argument.
boost::system::result<Endpoint, ExtendedPortError> parse_extended_port(std::string_view text);

}  // namespace portlab::ftp
