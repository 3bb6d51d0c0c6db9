#pragma once
// The data connection of an FTP client: its port is agreed on over the control connection, before
// the command that uses it. Passive: the client connects. Active: the server does.

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "clients/cli/options.hpp"
#include "clients/net/client_session.hpp"
#include "common/ftp/reply.hpp"

namespace portlab::ftp::client {

class Client;

/// How the data port is agreed on.
struct DataChoice {
  bool active = false;    ///< PORT or EPRT: the server connects
  bool extended = false;  ///< EPSV or EPRT; always for IPv6, which PASV and PORT do not support
};

class DataPort {
 public:
  /// Agrees on a port, explains it on stderr, and (passive) connects. Throws a CommandError.
  DataPort(Client& client, const DataChoice& choice, const ClientOptions& options);

  /// The connection; call it after the preliminary reply (1yz). Active: waits for the server, and
  /// closes connections from other addresses; a CommandError at the time-out. Shows the card.
  ClientSession open();

  /// The port, and (after open) both ends of the connection: for --json.
  const boost::json::object& facts() const { return facts_; }

 private:
  void connect_to(const Endpoint& endpoint);
  void agree_passive();
  void connect_by_229(const Reply& reply);
  void agree_active();
  void explain(const std::string& text) const;
  ClientSession accept_server();

  Client& client_;
  DataChoice choice_;
  const ClientOptions& options_;
  std::optional<ClientSession> connected_;  ///< passive
  std::optional<ClientSession> listening_;  ///< active: the listening socket
  boost::json::object facts_;
};

}  // namespace portlab::ftp::client
