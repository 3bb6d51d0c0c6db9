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

/// From now on each portlabd that this process or its children start keeps sessions without data for
/// a day ($PORTLABD_IDLE_TIMEOUT): labs hold them for longer than its default of 300 s.
void set_long_idle_timeout();

/// For the programs of a private network: that they are in one, and the authority that the portlabd at
/// this control socket makes.
void set_private_environment(const std::string& control);

/// The services of labs and of the tour. Not all that portlabd offers: what they say about the
/// number of listeners stays true when there are more.
inline const std::vector<std::string> lab_services{"http", "ftp", "dns", "echo"};

class LabNetwork {
 public:
  /// Moves this process into a private network, or else stays in the machine's own, and starts
  /// portlabd: in the first of server_places() where it starts.
  /// `services` are portlabd's arguments, none meaning all services; nullopt: no portlabd. `name`
  /// is part of the control socket's name. Call it before any thread is started (unshare(2)).
  /// Throws a CommandError when portlabd does not start.
  explicit LabNetwork(const std::optional<std::vector<std::string>>& services = lab_services,
                      std::string_view name = "tour");
  LabNetwork(const LabNetwork&) = delete;
  LabNetwork& operator=(const LabNetwork&) = delete;

  /// Completes the sentence "This lab runs …": "on this machine's own ports".
  std::string description() const;
  bool is_private() const { return private_; }
  /// 0: no port is moved up.
  std::uint16_t shift() const { return shift_; }
  /// The number of this port here.
  std::uint16_t port(std::uint16_t port) const { return shifted_port(port, shift_); }
  /// The path of portlabd's control socket; also in $PORTLAB_CONTROL, for child processes.
  const std::string& control() const { return control_; }
  /// Why the network no longer works: portlabd has ended. Nothing: it works.
  std::optional<std::string> failure();

 private:
  /// Starts portlabd with this shift. Its messages, where it does not start.
  std::optional<std::string> start_server(const std::vector<std::string>& services);

  const std::string control_;
  bool private_ = false;
  std::uint16_t shift_ = 0;
  std::optional<Process> server_;
};

}  // namespace portlab
