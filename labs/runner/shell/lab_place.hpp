#pragma once
// Where a lab runs: a LabNetwork, or an office of its own (`network: office`).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "clients/net/sock_diag.hpp"
#include "labs/network/lab_network.hpp"
#include "labs/network/office/port_forwards.hpp"
#include "labs/network/office/running_office.hpp"
#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

class LabPlace {
 public:
  /// Starts the lab's network. Call it before any thread is started (unshare(2), setns(2)). Where the
  /// lab's office cannot come up, the lab gets a LabNetwork without servers. Throws a CommandError.
  explicit LabPlace(const Lab& lab);
  /// Ends the office, if there is one.
  ~LabPlace();
  LabPlace(const LabPlace&) = delete;
  LabPlace& operator=(const LabPlace&) = delete;

  /// The lab as it can be done here.
  Lab adapted(const Lab& lab) const;

  /// Completes the sentence "This lab runs …".
  std::string description() const;
  /// In a private network, or in an office.
  bool is_private() const { return office_ || network_->is_private(); }
  /// See LabNetwork. In an office, no port is moved up.
  std::uint16_t shift() const { return office_ ? 0 : network_->shift(); }
  std::uint16_t port(std::uint16_t port) const { return shifted_port(port, shift()); }
  /// The path of portlabd's control socket; empty in an office, where each portlabd has its own.
  std::string control() const { return office_ ? "" : network_->control(); }
  /// Why it no longer works: portlabd, or the office, has ended. Nothing: it works.
  std::optional<std::string> failure();

  /// The office's name; empty: it is not in an office.
  std::string office_name() const { return office_ ? office_->name : ""; }
  /// The host where the lab begins; empty: it is not in an office.
  std::string first_host() const { return office_ ? first_host_ : ""; }
  /// The words before a command that runs it on a host; empty: it is not in an office.
  std::vector<std::string> words_before(const std::string& host) const;
  /// The socket tables by host; outside of an office, one under the name "".
  std::map<std::string, SocketTable> socket_tables() const;
  /// What the rules of the office's router say about ports; nothing: unknown.
  std::optional<office::RouterPorts> router_ports() const;

 private:
  void start_office(const Lab& lab);
  void start_server(const std::string& name);

  std::string first_host_;
  std::string no_office_;  ///< why the office cannot come up, and what to try
  std::map<std::string, std::string>
      no_servers_;  ///< by name, why a server of the office is missing
  std::optional<office::RunningOffice> office_;
  std::optional<LabNetwork> network_;  ///< of the two, one is there
};

}  // namespace portlab::labs
