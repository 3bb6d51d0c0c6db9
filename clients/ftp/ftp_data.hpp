#pragma once
// The second port, seen from the client: agreed on over the control connection, before the command
// that uses it. Passive: the client connects. Active: the server does.

#include <boost/json/object.hpp>
#include <string>

#include "clients/cli/options.hpp"
#include "clients/ftp/ftp_control.hpp"

namespace portlab::ftp::client {

/// How the second port is agreed on.
struct DataChoice {
  bool active = false;    ///< PORT or EPRT: the server connects to us
  bool extended = false;  ///< EPSV or EPRT; always so over IPv6, which the old commands can't name
};

class DataPort {
 public:
  /// Agrees on a port, explains it on stderr, and (passive) connects. Throws a CommandError.
  DataPort(Control& control, const DataChoice& choice, const ClientOptions& options);

  /// The connection, once the server has promised data. Active: waits for the server, and for
  /// nobody else; a CommandError when it does not come. Shows the connection card.
  ClientSession open();

  /// The port in words, and (after open) both its ends: for --json.
  const boost::json::object& facts() const { return facts_; }

 private:
  void connect_to(const Endpoint& endpoint);
  void agree_passive();
  void agree_active();
  void explain(const std::string& text) const;
  ClientSession accept_server();

  Control& control_;
  DataChoice choice_;
  const ClientOptions& options_;
  std::optional<ClientSession> connected_;  ///< passive
  std::optional<ClientSession> listening_;  ///< active: nobody is connected to it
  boost::json::object facts_;
};

}  // namespace portlab::ftp::client
