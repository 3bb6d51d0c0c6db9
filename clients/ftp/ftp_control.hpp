#pragma once
// The control connection of an FTP client: commands out, replies in, one after the other.

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
  /// Takes over an open connection. `verbose`: the dialogue is shown on stderr.
  Control(ClientSession session, bool verbose);

  /// The greeting; a server that says no is a CommandError.
  Reply greet();
  /// Sends a command; its first reply, whatever it is. A command that can't be sent (a line end in
  /// a path) is a CommandError.
  Reply ask(const Command& command);
  /// The same, and a CommandError (exit status 1) where the reply is a refusal.
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
  std::string arrived_;  ///< received and not yet read
};

}  // namespace portlab::ftp::client
