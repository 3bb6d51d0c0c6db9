#pragma once
// How FTP writes the address of the data port: six numbers in PORT and in the reply 227 (RFC 959);
// an address family, an address and a port in EPRT; a port alone in the reply 229 (RFC 2428).

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/endpoint.hpp"

namespace portlab::ftp {

/// The address families of EPRT and EPSV (RFC 2428 section 2).
enum class Family : std::uint8_t { ipv4 = 1, ipv6 = 2 };

/// The family of an address.
Family family_of(const asio::ip::address& address);

/// "127,0,0,1,195,80" for 127.0.0.1 and port 195*256+80 = 50000. IPv4 only.
std::string format_six_numbers(const Endpoint& endpoint);
/// Reads PORT's argument: exactly six numbers from 0 to 255.
std::optional<Endpoint> parse_six_numbers(std::string_view text);
/// "195*256+80 = 50000": the calculation of the port, for people.
std::string port_arithmetic(std::uint16_t port);

/// The text of a reply 227.
std::string format_passive_text(const Endpoint& endpoint);
/// The endpoint in the text of a reply 227: the first six numbers with commas, at any position, as
/// RFC 1123 section 4.1.2.6 requires. nullopt if there are none.
std::optional<Endpoint> parse_passive_text(std::string_view text);

/// The text of a reply 229.
std::string format_extended_passive_text(std::uint16_t port);
/// The port in the text of a reply 229: between "(|||" and "|)", with any delimiter (RFC 2428
/// section 3); nullopt if there is none.
std::optional<std::uint16_t> parse_extended_passive_text(std::string_view text);

/// "|1|127.0.0.1|50000|" or "|2|::1|50000|".
std::string format_extended_port(const Endpoint& endpoint);

enum class ExtendedPortError : std::uint8_t {
  syntax,  ///< the server replies 501
  family,  ///< neither IPv4 nor IPv6: the server replies 522
};
/// Reads EPRT's argument.
boost::system::result<Endpoint, ExtendedPortError> parse_extended_port(std::string_view text);

}  // namespace portlab::ftp
