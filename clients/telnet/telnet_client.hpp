#pragma once
// The client's side of a telnet session (RFC 854, 855, 857, 858, 1073, 1091, 1143): stdin to the
// server and the server to stdout, until both have ended. It begins no negotiation, so that it can
// also be used with servers that do not speak telnet, such as HTTP.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/cli/options.hpp"
#include "clients/net/client_session.hpp"
#include "clients/telnet/local_terminal.hpp"
#include "common/bytes.hpp"
#include "common/telnet/option_negotiation.hpp"
#include "common/telnet/telnet_decoder.hpp"

namespace portlab {

/// Ctrl-] opens the client's own prompt, on a terminal.
inline constexpr char telnet_escape_key = 0x1d;

class TelnetClient {
 public:
  /// Gets the data of the server. `is_telnet`: the server has sent a command of telnet, so its escape
  /// sequences are meant for the terminal.
  using Output = std::function<void(Bytes data, bool is_telnet)>;
  /// Gets each command that is sent or received: "WILL ECHO".
  using Trace = std::function<void(bool sent, const std::string& command)>;

  TelnetClient(ClientSession& session, const ClientOptions& options, Output output, Trace trace);

  /// The session. Returns the signal that ended it, if one did.
  std::optional<int> run();

  bool peer_ended() const { return peer_ended_; }
  /// Whether the server ended the session because of a wrong name or password: its last line says
  /// so, as login(1) does with "Login incorrect".
  bool login_failed() const;
  std::uint64_t sent_bytes() const { return sent_; }
  std::uint64_t received_bytes() const { return received_; }
  bool is_interactive() const { return terminal_.is_used(); }

 private:
  using Clock = std::chrono::steady_clock;

  bool is_held() const { return hold_until_ && Clock::now() < *hold_until_; }
  std::optional<Clock::time_point> deadline() const;
  /// Waits for the next event and handles it. False: the session is over.
  bool wait();
  bool handle_timeout();
  /// Waits for the rest of --hold, which applies to the other sessions.
  void wait_for_hold();
  void read_signal();
  /// Ends the input: FIN, if the server is not expected to take it for the end of the session.
  void end_input_if_due();

  void from_stdin();
  void from_keyboard(std::string_view typed);
  void from_peer();
  void read_event(const telnet::Event& event);
  void read_negotiation(telnet::Command verb, telnet::Option option);
  void to_peer();
  /// Sends a command, now or when the socket takes it, and traces it.
  void send_command(std::string bytes);
  void send_window_size();
  void flush_data();
  void keep_last_line(char byte);

  // The client's own prompt, on a terminal.
  void open_prompt();
  void run_prompt_line(std::string line);
  std::string status() const;
  void say(const std::string& text) const;
  void update_terminal_mode();

  ClientSession& session_;
  const ClientOptions& options_;
  Output output_;
  Trace trace_;
  LocalTerminal terminal_;
  telnet::Decoder decoder_;
  telnet::OptionNegotiation negotiation_;
  telnet::NvtEncoder line_ends_;
  std::vector<std::uint8_t> data_;  ///< received, not shown yet
  std::string last_line_;           ///< received: the last one that is not blank, its beginning
  bool line_ended_ = false;
  std::string unsent_;
  std::string prompt_line_;
  std::optional<Clock::time_point> hold_until_;
  bool hold_is_over_ = false;
  Clock::time_point last_active_ = Clock::now();
  std::optional<int> signal_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  bool is_telnet_ = false;
  bool after_cr_ = false;
  bool is_prompting_ = false;
  bool has_quit_ = false;
  bool stdin_ended_ = false;
  bool finished_writing_ = false;
  bool peer_ended_ = false;
};

}  // namespace portlab
