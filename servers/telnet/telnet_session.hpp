#pragma once
// One session of the telnet server, from the greeting to the end.

#include <string>

#include "common/telnet/option_negotiation.hpp"
#include "common/telnet/telnet_decoder.hpp"
#include "servers/listener/service.hpp"
#include "servers/telnet/line_editor.hpp"
#include "servers/telnet/login.hpp"
#include "servers/telnet/telnet_menu.hpp"

namespace portlab::telnet::server {

/// After so many negotiations of a client the session ends. A session of a usual client has about 10.
inline constexpr unsigned negotiations_max = 1000;

class TelnetSession {
 public:
  /// Both must outlive it.
  TelnetSession(Connection& client, const ServerView& server);

  /// The whole session. Returning closes the connection.
  Task<void> run();

 private:
  /// Reads what is pending, to the first input that is complete.
  Input read_pending();
  Input read_event(const Event& event);
  /// Answers an input. False: the session ends.
  Task<bool> answer(Input input);
  Task<bool> answer_line();
  /// The text of a command of the menu.
  Task<std::string> run_command(MenuCommand command);
  Task<void> flush();

  void log_in(const std::string& line);
  /// Appends a text whose lines end in LF.
  void say(std::string_view text);
  void prompt();
  Echo echo() const;
  std::size_t columns() const;

  Connection& client_;
  const ServerView& server_;
  Decoder decoder_;
  OptionNegotiation options_;
  WindowSize window_;
  LineEditor editor_;
  Login login_;
  std::string output_;  // not written yet
  unsigned negotiations_ = 0;
};

}  // namespace portlab::telnet::server
