#pragma once
// An FTP client without user interface: logs in, and transfers files and lists, each over its own
// data connection.

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "clients/ftp/ftp_control.hpp"
#include "clients/ftp/ftp_data.hpp"

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

  Client(ClientSession session, const ClientOptions& options, bool verbose);

  /// Greeting, USER and PASS.
  void log_in(const std::string& user, const std::string& password);
  /// QUIT; no error if the server has closed already.
  void quit();

  /// Runs a command that sends data to the client (RETR, LIST), and passes the data to `sink`; with
  /// Type::text, line ends are LF.
  Transferred receive(const Command& command, Type type, const Sink& sink);
  /// Runs a command that takes data from the client (STOR).
  Transferred send(const Command& command, Type type, const Source& source);

  /// The size of a file in this transfer type; nothing if the server does not tell it (SIZE, RFC
  /// 3659).
  std::optional<std::uint64_t> size_of(const std::string& path, Type type);

  Control& control() { return control_; }
  DataChoice choice;

 private:
  void set_type(Type type);
  /// Reads the reply that ends a transfer. Throws if it is a refusal.
  Reply finish(const Command& command);
  std::uint64_t read_all(ClientSession& data, Type type, const Sink& sink);

  const ClientOptions& options_;
  Control control_;
  Type type_ = Type::text;  // the default: RFC 959 section 5.1
};

}  // namespace portlab::ftp::client
