// The table is the server: read it from top to bottom to know FTP.

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
    // Who is there. RFC 959 section 4.1.1, "access control commands".
    CommandRow{"USER", user,              nothing, required, "name: who you are; here it is anonymous"},
    CommandRow{"PASS", password,          nothing, optional, "word: any; an address by custom (RFC 1635)"},
    CommandRow{"ACCT", account,           nothing, required, "name: not needed here"},
    CommandRow{"REIN", reinitialize,      nothing, none,     "log out, stay connected"},
    CommandRow{"QUIT", quit,              nothing, optional, "goodbye"},

    // The second port. RFC 959 section 4.1.2, RFC 2428.
    CommandRow{"PASV", passive,           login,   none,     "the server opens a port, you connect to it (IPv4)"},
    CommandRow{"EPSV", extended_passive,  login,   optional, "the same for IPv4 and IPv6; EPSV ALL: nothing else from now on"},
    CommandRow{"PORT", port,              login,   required, "h1,h2,h3,h4,p1,p2: you opened port p1*256+p2, the server connects to it"},
    CommandRow{"EPRT", extended_port,     login,   required, "|1|address|port| or |2|address|port|: the same for IPv4 and IPv6"},
    CommandRow{"ABOR", abort,             nothing, none,     "stop the transfer"},

    // How files travel.
    CommandRow{"TYPE", type,              login,   required, "A: text, lines end with CRLF; I: bytes as they are"},
    CommandRow{"MODE", mode,              login,   required, "S: as a stream, the only mode here"},
    CommandRow{"STRU", structure,         login,   required, "F: as a file, the only structure here"},
    CommandRow{"REST", restart,           login,   required, "offset: the next RETR begins there (RFC 3659)"},
    CommandRow{"ALLO", allocate,          login,   required, "size: not needed here"},

    // Folders. The X names are older (RFC 1123 section 4.1.3.1).
    CommandRow{"CWD",  change_folder,     login,   required, "path: change the current directory"},
    CommandRow{"XCWD", change_folder,     login,   required, "path: CWD"},
    CommandRow{"CDUP", change_to_parent,  login,   none,     "one directory up"},
    CommandRow{"XCUP", change_to_parent,  login,   none,     "CDUP"},
    CommandRow{"PWD",  print_folder,      login,   none,     "the current directory"},
    CommandRow{"XPWD", print_folder,      login,   none,     "PWD"},
    CommandRow{"LIST", list,              login,   optional, "path: what is there, for people; over the data port"},
    CommandRow{"NLST", name_list,         login,   optional, "path: names only; * and ? may stand in the last one; over the data port"},
    CommandRow{"MLSD", machine_list,      login,   optional, "path: what is there, for programs (RFC 3659); over the data port"},

    // Files.
    CommandRow{"RETR", retrieve,          login,   required, "path: a file; over the data port"},
    CommandRow{"SIZE", size,              login,   required, "path: its bytes in TYPE I (RFC 3659)"},
    CommandRow{"MDTM", modification_time, login,   required, "path: when it was changed, UTC (RFC 3659)"},
    CommandRow{"MLST", machine_fact,      login,   optional, "path: both and more (RFC 3659)"},
    CommandRow{"STOR", no_storing,        login,   required, "path: refused, this server is read-only"},
    CommandRow{"STOU", no_storing,        login,   optional, "refused"},
    CommandRow{"APPE", no_storing,        login,   required, "path: refused"},
    CommandRow{"DELE", no_changing,       login,   required, "path: refused"},
    CommandRow{"RMD",  no_changing,       login,   required, "path: refused"},
    CommandRow{"XRMD", no_changing,       login,   required, "path: refused"},
    CommandRow{"MKD",  no_changing,       login,   required, "path: refused"},
    CommandRow{"XMKD", no_changing,       login,   required, "path: refused"},
    CommandRow{"RNFR", no_changing,       login,   required, "path: refused"},
    CommandRow{"RNTO", no_renaming,       login,   required, "path: refused"},

    // What this server is.
    CommandRow{"SYST", system_name,       nothing, none,     "what kind of paths and lists to expect"},
    CommandRow{"FEAT", features,          nothing, none,     "what it can do beyond RFC 959 (RFC 2389)"},
    CommandRow{"OPTS", options,           nothing, required, "UTF8 ON, or MLST facts: choose (RFC 2389)"},
    CommandRow{"STAT", status,            nothing, optional, "how things stand; with a path: LIST without a data port"},
    CommandRow{"HELP", help,              nothing, optional, "this list, or one line of it"},
    CommandRow{"NOOP", nothing_done,      nothing, optional, "nothing"},
    CommandRow{"SITE", no_site_commands,  login,   optional, "no commands of its own"},

    // Known, and not implemented: encryption (RFC 2228), mounting, other languages, the old IPv6 PORT.
    CommandRow{"AUTH", not_implemented,   nothing, optional, "not implemented"},
    CommandRow{"ADAT", not_implemented,   nothing, optional, "not implemented"},
    CommandRow{"PBSZ", not_implemented,   nothing, optional, "not implemented"},
    CommandRow{"PROT", not_implemented,   nothing, optional, "not implemented"},
    CommandRow{"CCC",  not_implemented,   nothing, optional, "not implemented"},
    CommandRow{"MIC",  not_implemented,   nothing, optional, "not implemented"},
    CommandRow{"CONF", not_implemented,   nothing, optional, "not implemented"},
    CommandRow{"ENC",  not_implemented,   nothing, optional, "not implemented"},
    CommandRow{"SMNT", not_implemented,   nothing, optional, "not implemented"},
    CommandRow{"LANG", not_implemented,   nothing, optional, "not implemented"},
    CommandRow{"LPRT", not_implemented,   nothing, optional, "not implemented"},
    CommandRow{"LPSV", not_implemented,   nothing, optional, "not implemented"},
};
// clang-format on

}  // namespace

std::span<const CommandRow> command_table() { return table; }

const CommandRow* find_command(std::string_view verb) {
  const auto* row =
      std::find_if(table.begin(), table.end(), [&](const auto& r) { return r.verb == verb; });
  return row == table.end() ? nullptr : row;
}

Reply answer(FtpSession& session, const Command& command) {
  const auto* row = find_command(command.verb);
  if (row == nullptr) return {500, "There is no such command. HELP lists those that are."};
  if (row->needs == Needs::login && session.login != Login::done)
    return {530, "Log in first: USER anonymous, then PASS and any word."};
  const std::string usage = std::string(row->verb) + " " + std::string(row->help);
  if (row->argument == Argument::required && command.argument.empty())
    return {501, "Something is missing. " + usage};
  if (row->argument == Argument::none && !command.argument.empty())
    return {501, "Nothing may follow. " + usage};
  return row->handler(session, command.argument);
}

}  // namespace portlab::ftp::server
