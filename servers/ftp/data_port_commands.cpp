// PASV, EPSV, PORT, EPRT, ABOR: the data port. After PASV the client connects to the server; after
// PORT the server connects to the client. RFC 959 section 4.1.2, RFC 2428; the limits of RFC 2577.

#include <string>

#include "common/ftp/command_line.hpp"
#include "common/ftp/data_address.hpp"
#include "common/text.hpp"
#include "servers/ftp/handlers.hpp"

namespace portlab::ftp::server {

namespace {

/// RFC 2577 section 3: a client could use PORT to make the server attack a service at a well-known
/// port.
constexpr std::uint16_t data_port_min = 1024;

Reply epsv_only_error() {
  return {501, "After EPSV ALL only EPSV may open a data port (RFC 2428)."};
}

Reply no_free_port() { return {425, "The server has no free port. Try again later."}; }

Family family(const FtpSession& session) { return family_of(session.local.address); }

std::string family_number(const FtpSession& session) {
  return std::to_string(static_cast<int>(family(session)));
}

/// Whether this is the client's own address. "::" counts as such: lftp sends it in EPRT. Zone
/// identifiers ("%eth0") are not compared: they have a meaning on one machine only.
bool is_client_address(const FtpSession& session, const asio::ip::address& address) {
  const auto& client = session.remote.address;
  if (!address.is_v6() || !client.is_v6()) return address == client;
  return address.is_unspecified() || address.to_v6().to_bytes() == client.to_v6().to_bytes();
}

/// Accepts the target of PORT or EPRT if it is an unprivileged port of the client itself.
Reply accept_target(FtpSession& session, const Endpoint& target) {
  if (session.remote.transport != Transport::tcp)
    return {504, "This control connection has no address to connect back to."};
  if (!is_client_address(session, target.address))
    return {504, "That is not your address (" + session.remote.address.to_string() +
                     "): the server sends no data to a third host (RFC 2577)."};
  if (target.port < data_port_min)
    return {504, "Port " + std::to_string(target.port) +
                     " is a well-known port: use 1024 or higher (RFC 2577)."};
  session.reset_data_port();
  session.data = Active{target.port};
  return {200, "The server will connect to your port " + std::to_string(target.port) + "."};
}

/// Opens the passive port; nullopt if there is no free port.
std::optional<Endpoint> open_passive_port(FtpSession& session) {
  session.reset_data_port();
  auto opened = session.passive.open();
  if (opened) session.data = Passive{};
  return opened;
}

}  // namespace

Reply passive(FtpSession& session, std::string_view) {
  if (session.epsv_only) return epsv_only_error();
  if (family(session) == Family::ipv6)
    return {522, "The reply to PASV cannot hold an IPv6 address: send EPSV (RFC 2428)."};
  const auto opened = open_passive_port(session);
  if (!opened) return no_free_port();
  return {227, format_passive_text(*opened)};
}

Reply extended_passive(FtpSession& session, std::string_view argument) {
  const std::string word = upper_case(argument);
  if (word == "ALL") {
    session.epsv_only = true;
    return {200, "From now on only EPSV is accepted."};
  }
  if (!word.empty()) {
    if (word.find_first_not_of("0123456789") != std::string::npos)
      return {501, "The argument of EPSV is empty, 1 (IPv4), 2 (IPv6) or ALL."};
    if (word != family_number(session))
      return {522, "Network protocol not supported, use (" + family_number(session) + ")"};
  }
  const auto opened = open_passive_port(session);
  if (!opened) return no_free_port();
  return {229, format_extended_passive_text(opened->port)};
}

Reply port(FtpSession& session, std::string_view six_numbers) {
  if (session.epsv_only) return epsv_only_error();
  const auto target = parse_six_numbers(six_numbers);
  if (!target) return {501, "PORT needs six numbers from 0 to 255: h1,h2,h3,h4,p1,p2."};
  return accept_target(session, *target);
}

Reply extended_port(FtpSession& session, std::string_view argument) {
  if (session.epsv_only) return epsv_only_error();
  const auto target = parse_extended_port(argument);
  const std::string use = "Network protocol not supported, use (" + family_number(session) + ")";
  if (!target) {
    if (target.error() == ExtendedPortError::family) return {522, use};
    return {501, "EPRT needs |1|IPV4|PORT| or |2|IPV6|PORT|."};
  }
  if (family_of(target->address) != family(session)) return {522, use};
  return accept_target(session, *target);
}

// ControlConnection::watch_control() has aborted a running transfer before this command is run, and
// the transfer has had its reply 426.
Reply abort(FtpSession& session, std::string_view) {
  session.reset_data_port();
  return {226, "No transfer is running; the data port is closed."};
}

}  // namespace portlab::ftp::server
