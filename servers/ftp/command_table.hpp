#pragma once
// The table of FTP commands, and the reply to one command line.

#include <span>
#include <string_view>

#include "common/ftp/command_line.hpp"
#include "servers/ftp/ftp_session.hpp"

namespace portlab::ftp::server {

/// What a command requires: a login (USER and PASS), and a data port (PASV, PORT, EPSV or EPRT).
enum class Needs : std::uint8_t { nothing, login, data_port };
enum class Argument : std::uint8_t { none, optional, required };

struct CommandRow {
  std::string_view verb;  ///< in capitals: "RETR"
  Reply (*handler)(FtpSession& session, std::string_view argument);
  Needs needs;
  Argument argument;
  std::string_view help;  ///< "path: send a file"
};

/// All commands, in the order in which HELP shows them.
std::span<const CommandRow> command_table();
/// The row of a verb in capitals; null if there is no such command.
const CommandRow* find_command(std::string_view verb);

/// The reply to a command: 500 if it is unknown, 530 before the login, 501 for a missing or an
/// unexpected argument, 425 without a data port, else the reply of its handler.
Reply run_command(FtpSession& session, const Command& command);

}  // namespace portlab::ftp::server
