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

Answer user(Visit& visit, std::string_view name) {
  visit.login = Login::none;
  if (is_guest(name)) {
    visit.login = Login::name_given;
    return {331, "Any password will do; an address is the custom."};
  }
  // Refused before PASS, so that nobody's password travels here in the clear.
  if (++visit.logins_refused >= logins_refused_max)
    return {421, "That name neither. Goodbye.", std::nullopt, true};
  return {530, "Only USER anonymous is known here. (Keep your password: FTP does not encrypt it.)"};
}

Answer password(Visit& visit, std::string_view) {
  if (visit.login == Login::none) return {503, "USER comes first."};
  if (visit.login == Login::done) return {202, "You are logged in already."};
  visit.login = Login::done;
  return {230, "Welcome, guest. EPSV or PASV opens port two; LIST or RETR uses it."};
}

Answer account(Visit&, std::string_view) { return {202, "No account is needed here."}; }

Answer reinitialize(Visit& visit, std::string_view) {
  visit.start_over();
  return {220, "Everything is forgotten. USER anonymous begins again."};
}

Answer quit(Visit&, std::string_view) { return {221, "Goodbye.", std::nullopt, true}; }

}  // namespace portlab::ftp::server
