#pragma once
// An FTP conversation: reads command lines, has them answered (commands.hpp), and moves what the
// answers say over the data connection.
//
//   run -> carry_out -> answer -> reply
//                            \-> transfer -> race(carry: connect, send; watch: ABOR) -> reply

#include <chrono>
#include <optional>
#include <string>

#include "common/ftp/command_line.hpp"
#include "common/ftp/telnet.hpp"
#include "servers/ftp/ftp_session.hpp"
#include "servers/listener/connection.hpp"

namespace portlab::ftp::server {

/// The longest command line, without its end: a path of PATH_MAX bytes does not fit, any that
/// people type does.
inline constexpr std::size_t command_bytes_max = 4096;
/// How long a client may take to connect after PASV and RETR (or to accept after PORT).
inline constexpr std::chrono::seconds data_connection_wait{10};
/// The longest transfer. A reader that is merely slow ends much earlier: see Connection::write.
inline constexpr std::chrono::hours transfer_max{24};

/// PASV's port as a second port of the control connection.
class SecondPassivePort final : public PassivePort {
 public:
  explicit SecondPassivePort(Connection& client) : client_(client) {}
  std::optional<Endpoint> open() override;
  void close() override { port_.reset(); }
  Task<std::optional<Connection>> accept();

 private:
  Connection& client_;
  std::optional<DataListener> port_;
};

class ControlConnection {
 public:
  /// Both must outlive the conversation.
  ControlConnection(Connection& client, const SharedSite& site);

  /// From the greeting to the goodbye.
  Task<void> run();

 private:
  enum class Outcome : std::uint8_t { no_connection, broken, unreadable, sent };

  Task<void> answer_telnet();
  Task<bool> carry_out();  // false: that was the last one
  Task<void> reply(const Reply& given);
  Task<void> transfer(const Transfer& what);

  Task<void> send_data(const Transfer& what, Outcome& outcome);
  Task<std::optional<Connection>> connect();
  Task<void> watch_control();
  Task<void> report_status(std::string text);

  Connection& client_;
  SecondPassivePort passive_;
  FtpSession visit_;
  ControlReader lines_{command_bytes_max};
  std::string_view now_;  // the command that carry_out() is at, as the row shows it
};

}  // namespace portlab::ftp::server
