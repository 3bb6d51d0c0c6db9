#pragma once
// portlabd itself: from settings to a core that serves, and what signals mean to it.

#include <boost/asio/signal_set.hpp>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "servers/daemon/confinement.hpp"
#include "servers/daemon/settings.hpp"
#include "servers/daemon/socket_file_cleaner.hpp"
#include "servers/listener/core.hpp"
#include "servers/services.hpp"

namespace portlab {

/// What was asked for can't be meant: exit status 2.
class BadUsage : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Daemon {
 public:
  /// Reads root and zone. Throws std::runtime_error "what: why: what to do".
  Daemon(std::vector<std::string> arguments, Settings settings);

  /// Opens every listener and gives up what is not needed from then on, or throws
  /// std::runtime_error.
  void open();
  /// Says what is open and then "ready", on stdout.
  void announce() const;
  /// Serves until SIGTERM, SIGINT or `portlab server stop`.
  void run();

 private:
  void open_control();
  Result<void> listen_for_the_owner();
  std::vector<std::string> socket_files() const;
  void watch_signals();
  /// SIGHUP: all that can be read anew is; on a mistake everything stays as it is, and the log says
  /// why.
  void reload();
  Result<std::string> try_reload();
  Result<std::string> reconcile(const std::vector<ListenSpec>& now);
  void stop();

  const std::vector<std::string> arguments_;
  Settings settings_;
  const std::optional<User> becomes_;
  Log log_;
  ServiceContext context_;
  Core core_;
  asio::signal_set signals_;
  /// What each SERVICE of the command line or the configuration opened.
  std::map<std::string, std::vector<Endpoint>> opened_;
  const int terminal_;  ///< a descriptor of it; -1: started without one
  Confinement confinement_;
  std::optional<SocketFileCleaner> socket_file_cleaner_;
  bool stopping_ = false;
  Clock::time_point began_ = Clock::now();
};

}  // namespace portlab
