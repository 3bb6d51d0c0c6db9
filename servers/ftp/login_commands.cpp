// USER, PASS, ACCT, REIN, QUIT: access control (RFC 959 section 4.1.1). The only user is
// "anonymous" (RFC 1635), with "ftp" as a second name.

#include <string>

#include "common/text.hpp"
#include "servers/ftp/handlers.hpp"

namespace portlab::ftp::server {

Reply user(FtpSession& session, std::string_view name) {
  session.login = Login::none;
  if (equal_ignoring_case(name, "anonymous") || equal_ignoring_case(name, "ftp")) {
    session.login = Login::name_given;
    return {331, "Any password is accepted; an e-mail address is customary."};
  }
  // Refused here and not after PASS, so that the client does not send a password unencrypted.
  if (++session.logins_refused >= logins_refused_max)
    return {421, "Too many refused logins. Goodbye.", std::nullopt, true};
  return {530,
          "Only USER anonymous can log in. (Do not send a password: FTP does not encrypt it.)"};
}

Reply password(FtpSession& session, std::string_view) {
  if (session.login == Login::none) return {503, "USER must come first."};
  if (session.login == Login::done) return {202, "You are logged in already."};
  session.login = Login::done;
  return {230, "Logged in. Next: EPSV or PASV opens a data port, then LIST or RETR uses it."};
}

Reply account(FtpSession&, std::string_view) { return {202, "No account is needed."}; }

Reply reinitialize(FtpSession& session, std::string_view) {
  session.reset();
  return {220, "Logged out. USER anonymous logs in again."};
}

Reply quit(FtpSession&, std::string_view) { return {221, "Goodbye.", std::nullopt, true}; }

}  // namespace portlab::ftp::server
