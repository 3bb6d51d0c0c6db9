// SYST, FEAT, STAT, HELP, NOOP: what this server is and can do.

#include <string>

#include "common/ftp/command_line.hpp"
#include "servers/ftp/command_table.hpp"
#include "servers/ftp/handlers.hpp"

namespace portlab::ftp::server {

namespace {

std::string data_port_in_words(const FtpSession& session) {
  if (const auto* active = std::get_if<Active>(&session.data))
    return "the server will connect to " +
           tcp_endpoint(session.remote.address, active->port).address_and_port();
  if (std::holds_alternative<Passive>(session.data)) return "the server waits for your connection";
  return "none yet; PASV, EPSV, PORT and EPRT choose one";
}

Reply status_of_path(const FtpSession& session, std::string_view path) {
  if (session.login != Login::done) return {530, "Log in first: USER anonymous, then PASS."};
  const auto listed = list_text(session, path);
  if (!listed) return listed.error();
  const auto opened = session.site.get()->open(session.path_of(without_flags(path)));
  const bool folder = opened && opened->entry.kind == SiteEntry::Kind::directory;
  // 212 is for directories, 213 for files.
  std::string text = "Status:\n";
  for (const char c : *listed)
    if (c != '\r') text += c;
  return {folder ? 212 : 213, text + "End"};
}

}  // namespace

// RFC 1123 section 4.1.3.3 and everybody's habit: paths with "/", lists as "ls -l" writes them.
Reply system_name(FtpSession&, std::string_view) { return {215, "UNIX Type: L8"}; }

// RFC 2389 section 3.2: one space, then the feature. PASV and the like are RFC 959, no features.
Reply features(FtpSession& session, std::string_view) {
  return {211, "Features:\nEPRT\nEPSV\nMDTM\nMLST " + format_fact_names(session.facts) +
                   "\nREST STREAM\nSIZE\nTVFS\nUTF8\nEnd"};
}

Reply status(FtpSession& session, std::string_view path) {
  if (!path.empty()) return status_of_path(session, path);
  return {211,
          "Portlab FTP server status:\nControl connection: yours " +
              session.remote.address_and_port() + ", ours " + session.local.address_and_port() +
              "\n" + (session.login == Login::done ? "Logged in as a guest" : "Not logged in") +
              "\nTYPE " + (session.as_text ? "A (text)" : "I (bytes)") +
              ", MODE S, STRU F\nData port: " + data_port_in_words(session) +
              (session.transfer.empty() ? "" : "\nNow running: " + std::string(session.transfer)) +
              "\nEnd of status"};
}

Reply help(FtpSession&, std::string_view argument) {
  const auto line = [](const CommandRow& row) {
    return std::string(row.verb) + std::string(5 - row.verb.size(), ' ') + std::string(row.help);
  };
  if (!argument.empty()) {
    const auto* row = find_command(parse_command(argument).verb);
    if (row == nullptr) return {501, "There is no such command. HELP lists those that are."};
    return {214, line(*row)};
  }
  std::string text = "FTP uses two ports. You speak on this one; files and lists take another:\n";
  for (const auto& row : command_table()) text += line(row) + "\n";
  return {214,
          text + "A session: USER anonymous, PASS me, PASV, LIST, PASV, RETR hello.txt, QUIT."};
}

Reply nothing_done(FtpSession&, std::string_view) { return {200, "Nothing done."}; }

Reply no_site_commands(FtpSession&, std::string_view) {
  return {501, "This site has no commands of its own."};
}

Reply not_implemented(FtpSession&, std::string_view) {
  return {502, "Known, but not implemented."};
}

}  // namespace portlab::ftp::server
