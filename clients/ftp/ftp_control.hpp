#pragma once
// The control connection of an FTP client: sends commands and receives their replies.

#include <optional>
#include <string>

#include "clients/cli/command_error.hpp"
#include "clients/net/client_session.hpp"
#include "common/ftp/command_line.hpp"
#include "common/ftp/reply.hpp"
#include "common/ftp/telnet.hpp"

namespace portlab::ftp::client {

class Control {
 public:
  /// Takes over an open connection. `verbose`: shows commands and replies on stderr.
  Control(ClientSession session, bool verbose);

  /// Reads the greeting. Throws a CommandError if it is a refusal.
  Reply greet();
  /// Sends a command and returns its first reply, of any code. Throws a CommandError for a command
  /// that can't be sent (a line end in a path).
  Reply ask(const Command& command);
  /// The same, but throws a CommandError (exit status 1) if the reply is a refusal (4yz, 5yz).
  Reply demand(const Command& command);
  /// The next reply.
  Reply receive();

  const ClientSession& session() const { return session_; }
  void set_verbose(bool verbose) { verbose_ = verbose; }

  /// "tcp 127.0.0.1:21: RETR x: 550 No such file", and what to try.
  CommandError refusal(const Command& command, const Reply& reply) const;

 private:
  std::string next_line();
  void show(char direction, std::string_view text) const;

  ClientSession session_;
  bool verbose_;
  ControlReader lines_;
  std::string unread_;  ///< received and not yet read
};

}  // namespace portlab::ftp::client
