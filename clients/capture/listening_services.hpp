#pragma once
// Which service listens where on this machine, as a capture needs it: by the portlabd of this user
// and by the kernel's socket table, not by the port number.

#include <chrono>
#include <string>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "common/endpoint.hpp"
#include "common/session_row.hpp"

namespace portlab {

class ListeningServices {
 public:
  /// Reads both lists. `control`: the control socket of a portlabd; empty: the one of this user.
  explicit ListeningServices(std::string control);

  /// The service that a packet to this endpoint reaches: "http"; "?" where another program listens;
  /// empty where none does, and for endpoints of other machines. For an endpoint that is in neither
  /// list it reads both again, at most once a second.
  std::string at(const Endpoint& endpoint);

 private:
  void look();
  std::string find(const Endpoint& endpoint) const;

  std::string control_;
  std::chrono::steady_clock::time_point looked_{};
  std::vector<ListenerRow> portlabd_;
  std::vector<SocketRow> sockets_;
  std::vector<asio::ip::address> own_addresses_;
};

}  // namespace portlab
