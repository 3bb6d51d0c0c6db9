// USER, PASS, ACCT, REIN, QUIT: who is there. Only "anonymous" (RFC 1635), also spelled "ftp".

#include <algorithm>
#include <string>

#include "servers/ftp/handlers.hpp"

namespace portlab::ftp::server {

namespace {

bool is_guest(std::string_view name) {
  const auto same = [&](std::string_view known) {
    return std::equal(name.begin(), name.end(), known.begin(), known.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
  };
  return same("anonymous") || same("ftp");
}

}  // namespace

Reply user(FtpSession& session, std::string_view name) {
  session.login = Login::none;
  if (is_guest(name)) {
    session.login = Login::name_given;
    return {331, "Any password will do; an address is the custom."};
  }
  // Refused before PASS, so that nobody's password travels here in the clear.
  if (++session.logins_refused >= logins_refused_max)
    return {421, "That name neither. Goodbye.", std::nullopt, true};
  return {530, "Only USER anonymous is known here. (Keep your password: FTP does not encrypt it.)"};
}

Reply password(FtpSession& session, std::string_view) {
  if (session.login == Login::none) return {503, "USER comes first."};
  if (session.login == Login::done) return {202, "You are logged in already."};
  session.login = Login::done;
  return {230, "Welcome, guest. EPSV or PASV opens port two; LIST or RETR uses it."};
}

Reply account(FtpSession&, std::string_view) { return {202, "No account is needed here."}; }

Reply reinitialize(FtpSession& session, std::string_view) {
  session.start_over();
  return {220, "Everything is forgotten. USER anonymous begins again."};
}

Reply quit(FtpSession&, std::string_view) { return {221, "Goodbye.", std::nullopt, true}; }

}  // namespace portlab::ftp::server
