// SYST, FEAT, STAT, HELP, NOOP, SITE: information about this server (RFC 959 section 4.1.3).

#include <string>

#include "common/ftp/command_line.hpp"
#include "servers/ftp/command_table.hpp"
#include "servers/ftp/handlers.hpp"

namespace portlab::ftp::server {

namespace {

std::string describe_data_port(const FtpSession& session) {
  if (const auto* active = std::get_if<Active>(&session.data))
    return "the server will connect to " +
           tcp_endpoint(session.remote.address, active->port).address_and_port();
  if (std::holds_alternative<Passive>(session.data)) return "the server waits for your connection";
  return "none; PASV, EPSV, PORT or EPRT opens one";
}

Reply status_of_path(const FtpSession& session, std::string_view path) {
  if (session.login != Login::done) return {530, "Log in first: USER anonymous, then PASS."};
  const auto listed = list_text(session, path);
  if (!listed) return listed.error();
  const auto opened = session.site.get()->open(session.path_of(without_options(path)));
  const bool is_directory = opened && opened->entry.kind == SiteEntry::Kind::directory;
  std::string text = "Status:\n";
  for (const char c : *listed)
    if (c != '\r') text += c;
  return {is_directory ? 212 : 213, text + "End"};
}

}  // namespace

// Clients conclude from "UNIX" that paths use "/" and that LIST has the format of "ls -l".
Reply system_name(FtpSession&, std::string_view) { return {215, "UNIX Type: L8"}; }

// RFC 2389 section 3.2: only extensions are listed, not the commands of RFC 959 such as PASV.
Reply features(FtpSession& session, std::string_view) {
  return {211, "Features:\nEPRT\nEPSV\nMDTM\nMLST " + format_fact_names(session.facts) +
                   "\nREST STREAM\nSIZE\nTVFS\nUTF8\nEnd"};
}

Reply status(FtpSession& session, std::string_view path) {
  if (!path.empty()) return status_of_path(session, path);
  return {211,
          "Portlab FTP server status:\nControl connection: client " +
              session.remote.address_and_port() + ", server " + session.local.address_and_port() +
              "\n" + (session.login == Login::done ? "Logged in as anonymous" : "Not logged in") +
              "\nTYPE " + (session.as_text ? "A (text)" : "I (bytes)") +
              ", MODE S, STRU F\nData port: " + describe_data_port(session) +
              (session.transfer.empty() ? "" : "\nNow running: " + std::string(session.transfer)) +
              "\nEnd of status"};
}

Reply help(FtpSession&, std::string_view argument) {
  const auto line = [](const CommandRow& row) {
    return std::string(row.verb) + std::string(5 - row.verb.size(), ' ') + std::string(row.help);
  };
  if (!argument.empty()) {
    const auto* row = find_command(parse_command(argument).verb);
    if (row == nullptr) return {501, "Unknown command. HELP lists the commands."};
    return {214, line(*row)};
  }
  std::string text =
      "Commands use this connection. Files and lists use a second one, the data connection:\n";
  for (const auto& row : command_table()) text += line(row) + "\n";
  return {214, text + "Example: USER anonymous, PASS me, PASV, LIST, PASV, RETR hello.txt, QUIT."};
}

Reply no_operation(FtpSession&, std::string_view) { return {200, "OK."}; }

Reply site_parameters(FtpSession&, std::string_view) {
  return {501, "This server has no SITE commands."};
}

Reply not_implemented(FtpSession&, std::string_view) { return {502, "Not implemented."}; }

}  // namespace portlab::ftp::server
