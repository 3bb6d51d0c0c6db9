#pragma once
// The network of a lab or of the tour, with a portlabd of its own: a private network where this
// system allows it, else this machine's own network.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "labs/network/process.hpp"

namespace portlab {

/// The port that stands for `port` where well-known ports are shifted: 1 to 1023 are moved up by
/// `shift`, all others stay.
std::uint16_t shifted_port(std::uint16_t port, std::uint16_t shift);

class LabNetwork {
 public:
  /// Moves this process into a private network, or else stays in the machine's own, and starts
  /// portlabd: on the ports as they are, or else on ports moved up by 8000, 18000 or 28000.
  /// `services` are portlabd's arguments, none meaning all services; nullopt: no portlabd. `name`
  /// is part of the control socket's name. Call it before any thread is started (unshare(2)).
  /// Throws a CommandError when portlabd does not start.
  explicit LabNetwork(
      const std::optional<std::vector<std::string>>& services = std::vector<std::string>{},
      std::string_view name = "tour");
  LabNetwork(const LabNetwork&) = delete;
  LabNetwork& operator=(const LabNetwork&) = delete;

  /// Completes the sentence "This lab runs …": "on this machine's own ports".
  const std::string& description() const { return description_; }
  bool is_private() const { return private_; }
  /// 0: no port is moved up.
  std::uint16_t shift() const { return shift_; }
  /// The number of this port here.
  std::uint16_t port(std::uint16_t port) const { return shifted_port(port, shift_); }
  /// For a URL: ":8080" where ports are shifted, "" where the default port is right.
  std::string port_suffix(std::uint16_t default_port) const;
  /// The path of portlabd's control socket; also in $PORTLAB_CONTROL, for child processes.
  const std::string& control() const { return control_; }
  /// Why the network no longer works: portlabd has ended. Nothing: it works.
  std::optional<std::string> failure();

 private:
  bool start_server(std::uint16_t shift);

  const std::vector<std::string> services_;
  const std::string control_;
  std::string description_;
  bool private_ = false;
  std::uint16_t shift_ = 0;
  std::string server_error_;
  std::optional<Process> server_;
};

}  // namespace portlab
