#pragma once
// An FTP client without its user interface: logs in, and moves files and lists over a second port
// of their own each.

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "clients/ftp/ftp_control.hpp"
#include "clients/ftp/ftp_data.hpp"

namespace portlab::ftp::client {

/// How a file travels (RFC 959 section 3.1.1).
enum class Type : char { text = 'A', bytes = 'I' };

/// A transfer that is complete.
struct Transferred {
  Reply reply;              ///< the last one: 226
  std::uint64_t bytes = 0;  ///< over the data connection
  boost::json::object data_port;
};

class Client {
 public:
  using Sink = std::function<void(Bytes)>;  ///< nothing: that was all
  using Source = std::function<Bytes()>;    ///< empty: that was all

  Client(ClientSession session, const ClientOptions& options, bool verbose);

  /// Greeting, USER and PASS.
  void log_in(const std::string& user, const std::string& password);
  /// QUIT; a server that has gone already is as good.
  void quit();

  /// Runs a command whose answer comes over the data connection, into `sink`. In Type::text it
  /// comes with LF at the ends of lines.
  Transferred receive(const Command& command, Type type, const Sink& sink);
  /// Runs a command that takes its data over the data connection.
  Transferred send(const Command& command, Type type, const Source& source);

  /// The bytes that a file would have on its way; nothing where the server does not say.
  std::optional<std::uint64_t> size_of(const std::string& path, Type type);

  Control& control() { return control_; }
  DataChoice choice;

 private:
  void set_type(Type type);
  /// Reads the reply that ends a transfer, and throws if it is a refusal.
  Reply finish(const Command& command);
  std::uint64_t read_all(ClientSession& data, Type type, const Sink& sink);

  const ClientOptions& options_;
  Control control_;
  Type type_ = Type::text;  // RFC 959 section 5.1: what a session begins with
};

}  // namespace portlab::ftp::client
