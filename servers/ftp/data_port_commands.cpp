// PASV, EPSV, PORT, EPRT: the second port. Who connects is the difference: the client does after
// PASV, the server does after PORT. RFC 959 section 5.3, RFC 2428, and what RFC 2577 forbids.

#include "common/ftp/data_address.hpp"

#include <string>

#include "servers/ftp/handlers.hpp"

namespace portlab::ftp::server {

namespace {

/// RFC 2577 section 3: a server that connects to a port below this attacks other services for
/// whoever asked.
constexpr std::uint16_t data_port_min = 1024;

Reply only_epsv() { return {501, "After EPSV ALL only EPSV may open the data port (RFC 2428)."}; }

Reply no_port() { return {425, "No port can be had now. Try again in a moment."}; }

Family family(const FtpSession& session) { return family_of(session.local.address); }

std::string family_number(const FtpSession& session) {
  return std::to_string(static_cast<int>(family(session)));
}

/// Is it the visitor's own address? "::" is taken for it: lftp says so in EPRT, and it names nobody
/// else. Zones ("%eth0") do not travel, so they do not count.
bool names_visitor(const FtpSession& session, const asio::ip::address& address) {
  const auto& own = session.remote.address;
  if (!address.is_v6() || !own.is_v6()) return address == own;
  return address.is_unspecified() || address.to_v6().to_bytes() == own.to_v6().to_bytes();
}

/// Agrees to connect to `target` if that is the visitor's own machine.
Reply accept_target(FtpSession& session, const Endpoint& target) {
  if (session.remote.transport != Transport::tcp)
    return {504, "This control connection has no address to connect back to."};
  if (!names_visitor(session, target.address))
    return {504, "That is not your address, " + session.remote.address.to_string() +
                     ": no data goes to a third party (RFC 2577)."};
  if (target.port < data_port_min)
    return {504, "Port " + std::to_string(target.port) +
                     " is a well-known port, no place for data (RFC 2577)."};
  session.drop_data_port();
  session.data = Active{target.port};
  return {200, "The server will connect to your port " + std::to_string(target.port) + "."};
}

}  // namespace

Reply passive(FtpSession& session, std::string_view) {
  if (session.epsv_only) return only_epsv();
  if (family(session) == Family::ipv6)
    return {522, "PASV can only name IPv4 addresses: say EPSV (RFC 2428)."};
  session.drop_data_port();
  const auto opened = session.passive.open();
  if (!opened) return no_port();
  session.data = Passive{};
  return {227, format_passive_text(*opened)};
}

Reply extended_passive(FtpSession& session, std::string_view argument) {
  std::string word(argument);
  for (char& c : word)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (word == "ALL") {
    session.epsv_only = true;
    return {200, "EPSV it is, and nothing else."};
  }
  if (!word.empty()) {
    if (word.find_first_not_of("0123456789") != std::string::npos)
      return {501, "EPSV, EPSV 1 (IPv4), EPSV 2 (IPv6) or EPSV ALL."};
    if (word != family_number(session))
      return {522, "Network protocol not supported, use (" + family_number(session) + ")"};
  }
  session.drop_data_port();
  const auto opened = session.passive.open();
  if (!opened) return no_port();
  session.data = Passive{};
  return {229, format_extended_passive_text(opened->port)};
}

Reply port(FtpSession& session, std::string_view six_numbers) {
  if (session.epsv_only) return only_epsv();
  const auto target = parse_six_numbers(six_numbers);
  if (!target) return {501, "PORT takes six numbers of 0 to 255: h1,h2,h3,h4,p1,p2."};
  return accept_target(session, *target);
}

Reply extended_port(FtpSession& session, std::string_view argument) {
  if (session.epsv_only) return only_epsv();
  const auto target = parse_extended_port(argument);
  const std::string use = "Network protocol not supported, use (" + family_number(session) + ")";
  if (!target) {
    if (target.error() == ExtendedPortError::family) return {522, use};
    return {501, "EPRT takes |1|IPV4|PORT| or |2|IPV6|PORT|."};
  }
  if (family_of(target->address) != family(session)) return {522, use};
  return accept_target(session, *target);
}

// A running transfer was ended before this command was read (conversation.cpp), and has had its
// 426.
Reply abort(FtpSession& session, std::string_view) {
  session.drop_data_port();
  return {226, "No transfer is running, the data port is closed."};
}

std::optional<Reply> refuse_without_data_port(const FtpSession& session) {
  if (!std::holds_alternative<NoDataPort>(session.data)) return std::nullopt;
  return Reply{425, "Which port? PASV or EPSV comes first: one opens, the other connects."};
}

}  // namespace portlab::ftp::server
