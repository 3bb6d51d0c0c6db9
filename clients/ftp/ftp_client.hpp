#pragma once
// An FTP client without user interface: the control connection, over which commands are sent, and
// transfers of files and lists, each over its own data connection.

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/ftp/ftp_data.hpp"
#include "clients/net/client_session.hpp"
#include "common/ftp/command_line.hpp"
#include "common/ftp/reply.hpp"
#include "common/ftp/telnet.hpp"

namespace portlab::ftp::client {

/// The representation type of a transfer (RFC 959 section 3.1.1).
enum class Type : char { text = 'A', bytes = 'I' };

/// A complete transfer.
struct Transferred {
  Reply reply;              ///< the last one: 226
  std::uint64_t bytes = 0;  ///< over the data connection
  boost::json::object data_port;
};

class Client {
 public:
  using Sink = std::function<void(Bytes)>;  ///< called without bytes at the end
  using Source = std::function<Bytes()>;    ///< returns no bytes at the end

  /// Takes over an open control connection. `verbose`: shows commands and replies on stderr.
  Client(ClientSession session, const ClientOptions& options, bool verbose);

  /// Greeting, USER and PASS.
  void log_in(const std::string& user, const std::string& password);
  /// QUIT; no error if the server has closed already.
  void quit();

  /// Sends a command and returns its first reply, of any code. Throws a CommandError for a command
  /// that can't be sent (a line end in a path).
  Reply ask(const Command& command);
  /// The same, but throws a CommandError (exit status 1) if the reply is a refusal (4yz, 5yz).
  Reply demand(const Command& command);
  /// The next reply to this command. Throws if it is a refusal.
  Reply finish(const Command& command);
  /// The error for a reply of 400 or more.
  CommandError refusal(const Command& command, const Reply& reply) const;

  /// Runs a command that sends data to the client (RETR, LIST), and passes the data to `sink`; with
  /// Type::text, line ends are LF.
  Transferred receive(const Command& command, Type type, const Sink& sink);
  /// Runs a command that takes data from the client (STOR).
  Transferred send(const Command& command, Type type, const Source& source);

  /// The size of a file in this transfer type; nothing if the server does not tell it (SIZE, RFC
  /// 3659).
  std::optional<std::uint64_t> size_of(const std::string& path, Type type);

  const ClientSession& session() const { return session_; }
  void set_verbose(bool verbose) { verbose_ = verbose; }

  DataChoice choice;

 private:
  Reply next_reply();
  std::string next_line();
  Bytes read_replies(MutableBytes buffer);
  std::string first_line();
  void name_fault(const std::string& what);
  void show(char direction, std::string_view text) const;
  void set_type(Type type);
  std::uint64_t read_all(ClientSession& data, Type type, const Sink& sink);

  const ClientOptions& options_;
  ClientSession session_;
  bool verbose_;
  ControlReader lines_;
  std::string asked_;                ///< the command that was sent last
  std::string unread_;               ///< received and not yet read
  std::vector<std::string> faults_;  ///< of the server; each is named once
  Type type_ = Type::text;           // the default: RFC 959 section 5.1
};

}  // namespace portlab::ftp::client
