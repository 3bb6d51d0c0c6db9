#pragma once
// The commands of the FTP server: one table, one function that looks a command up in it.

#include <span>
#include <string_view>

#include "common/ftp/command_line.hpp"
#include "servers/ftp/ftp_session.hpp"

namespace portlab::ftp::server {

/// May a command be given before USER and PASS?
enum class Needs : std::uint8_t { nothing, login };
enum class Argument : std::uint8_t { none, optional, required };

struct CommandRow {
  std::string_view verb;
  Reply (*handler)(FtpSession& session, std::string_view argument);
  Needs needs;
  Argument argument;
  std::string_view help;  ///< "path: send a file"
};

/// All commands, in the order in which HELP shows them.
std::span<const CommandRow> command_table();
/// The row of a verb in capitals; null: there is none.
const CommandRow* find_command(std::string_view verb);

/// The answer to a command: 500 if there is none of that name, 530 before the login, 501 for a
/// missing or needless argument, else what its handler says.
Reply answer(FtpSession& session, const Command& command);

}  // namespace portlab::ftp::server
