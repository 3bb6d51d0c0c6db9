// All FTP commands of this server, one row each. The handlers are declared in handlers.hpp.

#include "servers/ftp/command_table.hpp"

#include <algorithm>
#include <array>

#include "servers/ftp/handlers.hpp"

namespace portlab::ftp::server {

namespace {

using enum Needs;
constexpr auto none = Argument::none;
constexpr auto optional = Argument::optional;
constexpr auto required = Argument::required;

// clang-format off
constexpr std::array table = {
    // Access control commands, RFC 959 section 4.1.1.
    CommandRow{"USER", user,              nothing,   required, "name: the user name; only anonymous is accepted"},
    CommandRow{"PASS", password,          nothing,   optional, "password: any; an e-mail address is customary (RFC 1635)"},
    CommandRow{"ACCT", account,           nothing,   required, "name: not needed"},
    CommandRow{"REIN", reinitialize,      nothing,   none,     "log out, stay connected"},
    CommandRow{"QUIT", quit,              nothing,   optional, "log out and close the connection"},

    // The data port, RFC 959 section 4.1.2 and RFC 2428.
    CommandRow{"PASV", passive,           login,     none,     "the server opens a port and the client connects to it (IPv4)"},
    CommandRow{"EPSV", extended_passive,  login,     optional, "as PASV, for IPv4 and IPv6; EPSV ALL: allow only EPSV from now on"},
    CommandRow{"PORT", port,              login,     required, "h1,h2,h3,h4,p1,p2: the server connects to the client's port p1*256+p2"},
    CommandRow{"EPRT", extended_port,     login,     required, "|1|address|port| or |2|address|port|: as PORT, for IPv4 (1) and IPv6 (2)"},
    CommandRow{"ABOR", abort,             nothing,   none,     "abort the transfer"},

    // Transfer parameters, RFC 959 section 4.1.2.
    CommandRow{"TYPE", type,              login,     required, "A: text, lines end with CRLF; I: bytes, unchanged"},
    CommandRow{"MODE", mode,              login,     required, "S: stream, the only mode here"},
    CommandRow{"STRU", structure,         login,     required, "F: file, the only structure here"},
    CommandRow{"REST", restart,           login,     required, "offset: the next RETR starts at this byte (RFC 3659)"},
    CommandRow{"ALLO", allocate,          login,     required, "size: not needed"},

    // Directories. The names with X are older (RFC 1123 section 4.1.3.1).
    CommandRow{"CWD",  change_directory,  login,     required, "path: change the working directory"},
    CommandRow{"XCWD", change_directory,  login,     required, "path: the same as CWD"},
    CommandRow{"CDUP", change_to_parent,  login,     none,     "change to the parent directory"},
    CommandRow{"XCUP", change_to_parent,  login,     none,     "the same as CDUP"},
    CommandRow{"PWD",  print_directory,   login,     none,     "print the working directory"},
    CommandRow{"XPWD", print_directory,   login,     none,     "the same as PWD"},
    CommandRow{"LIST", list,              data_port, optional, "path: a list for people; over the data connection"},
    CommandRow{"NLST", name_list,         data_port, optional, "path: names only; the last part may contain * and ?; over the data connection"},
    CommandRow{"MLSD", mlsd,              data_port, optional, "path: a list for programs (RFC 3659); over the data connection"},

    // Files.
    CommandRow{"RETR", retrieve,          data_port, required, "path: send a file; over the data connection"},
    CommandRow{"SIZE", size,              login,     required, "path: its size in bytes, in TYPE I (RFC 3659)"},
    CommandRow{"MDTM", modification_time, login,     required, "path: its modification time, UTC (RFC 3659)"},
    CommandRow{"MLST", mlst,              login,     optional, "path: type, size, time and more, for programs (RFC 3659)"},
    CommandRow{"STOR", refuse_store,      login,     required, "path: refused, this server is read-only"},
    CommandRow{"STOU", refuse_store,      login,     optional, "refused"},
    CommandRow{"APPE", refuse_store,      login,     required, "path: refused"},
    CommandRow{"DELE", refuse_change,     login,     required, "path: refused"},
    CommandRow{"RMD",  refuse_change,     login,     required, "path: refused"},
    CommandRow{"XRMD", refuse_change,     login,     required, "path: refused"},
    CommandRow{"MKD",  refuse_change,     login,     required, "path: refused"},
    CommandRow{"XMKD", refuse_change,     login,     required, "path: refused"},
    CommandRow{"RNFR", refuse_change,     login,     required, "path: refused"},
    CommandRow{"RNTO", refuse_rename_to,  login,     required, "path: refused"},

    // Information, RFC 959 section 4.1.3 and RFC 2389.
    CommandRow{"SYST", system_name,       nothing,   none,     "the system, and so the format of paths and lists"},
    CommandRow{"FEAT", features,          nothing,   none,     "the extensions beyond RFC 959 (RFC 2389)"},
    CommandRow{"OPTS", options,           nothing,   required, "UTF8 ON, or MLST and a choice of facts (RFC 2389)"},
    CommandRow{"STAT", status,            nothing,   optional, "the state of this session; with a path: a list on the control connection"},
    CommandRow{"HELP", help,              nothing,   optional, "this list, or the line of one command"},
    CommandRow{"NOOP", no_operation,      nothing,   optional, "do nothing"},
    CommandRow{"SITE", site_parameters,   login,     optional, "this server has no SITE commands"},

    // Not implemented: security (RFC 2228), SMNT, LANG (RFC 2640), LPRT and LPSV (RFC 1639).
    CommandRow{"AUTH", not_implemented,   nothing,   optional, "not implemented"},
    CommandRow{"ADAT", not_implemented,   nothing,   optional, "not implemented"},
    CommandRow{"PBSZ", not_implemented,   nothing,   optional, "not implemented"},
    CommandRow{"PROT", not_implemented,   nothing,   optional, "not implemented"},
    CommandRow{"CCC",  not_implemented,   nothing,   optional, "not implemented"},
    CommandRow{"MIC",  not_implemented,   nothing,   optional, "not implemented"},
    CommandRow{"CONF", not_implemented,   nothing,   optional, "not implemented"},
    CommandRow{"ENC",  not_implemented,   nothing,   optional, "not implemented"},
    CommandRow{"SMNT", not_implemented,   nothing,   optional, "not implemented"},
    CommandRow{"LANG", not_implemented,   nothing,   optional, "not implemented"},
    CommandRow{"LPRT", not_implemented,   nothing,   optional, "not implemented"},
    CommandRow{"LPSV", not_implemented,   nothing,   optional, "not implemented"},
};
// clang-format on

}  // namespace

std::span<const CommandRow> command_table() { return table; }

const CommandRow* find_command(std::string_view verb) {
  const auto* row =
      std::find_if(table.begin(), table.end(), [&](const auto& r) { return r.verb == verb; });
  return row == table.end() ? nullptr : row;
}

Reply run_command(FtpSession& session, const Command& command) {
  const auto* row = find_command(command.verb);
  if (row == nullptr) return {500, "Unknown command. HELP lists the commands."};
  if (row->needs != Needs::nothing && session.login != Login::done)
    return {530, "Log in first: USER anonymous, then PASS and any password."};
  const std::string usage = std::string(row->verb) + " " + std::string(row->help);
  if (row->argument == Argument::required && command.argument.empty())
    return {501, "An argument is missing. " + usage};
  if (row->argument == Argument::none && !command.argument.empty())
    return {501, "This command takes no argument. " + usage};
  if (row->needs == Needs::data_port && std::holds_alternative<NoDataPort>(session.data)) {
    session.restart_offset = 0;
    return {425, "No data port. Send PASV or EPSV (or PORT, EPRT) first."};
  }
  return row->handler(session, command.argument);
}

}  // namespace portlab::ftp::server
