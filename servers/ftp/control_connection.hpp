#pragma once
// The control connection of one FTP session: reads command lines, sends the replies, and does the
// transfers over the data connection.
//
//   run -> next_command -> run_command (command_table.hpp) -> send_reply
//                      \-> transfer -> race(send_data, watch_control) -> send_reply

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "common/ftp/command_line.hpp"
#include "common/ftp/telnet.hpp"
#include "servers/ftp/ftp_session.hpp"
#include "servers/listener/connection.hpp"

namespace portlab::ftp::server {

/// The longest command line in bytes, without its CRLF.
inline constexpr std::size_t command_bytes_max = 4096;
/// How long the server waits for the data connection (after PASV), or for its connect (after PORT).
inline constexpr std::chrono::seconds data_connection_wait{10};
/// The longest transfer. A client that reads too slowly is ended earlier: see Connection::write.
inline constexpr std::chrono::hours transfer_max{24};

/// The address in the reply to PASV, for clients on other machines. Behind NAT the server does not
/// see the address that its clients use. nullopt: the address of the control connection.
using PublicAddress = std::optional<asio::ip::address_v4>;

/// The port of PASV and EPSV: a data listener of the control connection.
class PassiveListener final : public PassivePort {
 public:
  PassiveListener(Connection& client, const PublicAddress& public_address)
      : client_(client), public_address_(public_address) {}
  std::optional<Endpoint> open() override;
  void close() override { listener_.reset(); }
  /// The data connection; timed_out if the client does not connect within data_connection_wait.
  Task<boost::system::result<std::unique_ptr<Connection>, ConnectError>> accept();

 private:
  Connection& client_;
  const PublicAddress& public_address_;
  std::unique_ptr<DataListener> listener_;
};

class ControlConnection {
 public:
  /// Both must outlive this object.
  /// All three must outlive it.
  ControlConnection(Connection& client, const SharedSite& site,
                    const PublicAddress& public_address);

  /// The whole session, from the reply 220 to the end of the connection.
  Task<void> run();

 private:
  enum class Outcome : std::uint8_t { no_connection, server_full, broken, unreadable, sent };

  Task<void> send_telnet_replies();
  Task<bool> next_command();  // false: it was the last one (QUIT)
  Task<void> send_reply(const Reply& reply);
  Task<void> transfer(const Transfer& what);
  Reply transfer_reply(Outcome outcome, bool aborted) const;

  Task<void> send_data(const Transfer& what, Outcome& outcome);
  Task<boost::system::result<std::unique_ptr<Connection>, ConnectError>> open_data_connection();
  Task<void> watch_control();
  void begin_status_reply(const std::string& telnet_replies);
  Task<void> finish_status_reply();

  Connection& client_;
  PassiveListener passive_;
  FtpSession session_;
  ControlReader lines_{command_bytes_max};
  std::string status_reply_;             // to a STAT during a transfer, while it is being sent
  std::uint64_t status_reply_from_ = 0;  // bytes that had been sent before it
  std::string_view command_;             // the running command, as the session table shows it
};

}  // namespace portlab::ftp::server
