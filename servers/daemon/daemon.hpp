#pragma once
// portlabd: makes a core that serves out of settings, and handles signals.

#include <boost/asio/signal_set.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "servers/daemon/confinement.hpp"
#include "servers/daemon/reload.hpp"
#include "servers/daemon/server_certificate.hpp"
#include "servers/daemon/settings.hpp"
#include "servers/listener/core.hpp"
#include "servers/services.hpp"

namespace portlab {

/// The options contradict each other or name something that does not exist: exit status 2.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Daemon {
 public:
  /// Reads the root and the zone. `arguments` are read again at SIGHUP. `refusals`: for the live
  /// page; null: none. Throws std::runtime_error "what: why: what to do", or UsageError.
  Daemon(std::vector<std::string> arguments, Settings settings,
         std::shared_ptr<RefusalWatch> refusals = nullptr);

  /// Opens all listeners, and then restricts the process (confinement.hpp). Throws as above.
  void open();
  /// Prints a line for each listener and then "ready" on stdout; with --json one document.
  void announce() const;
  /// Serves until SIGTERM, SIGINT or `portlab server stop`.
  void run();

 private:
  void open_control_socket();
  void start_workers();
  std::vector<std::string> files_read_again() const;
  ServerStatus status() const;
  ServerUrls urls() const;
  void wait_for_signal();
  /// Reads again what SIGHUP can change. After an error, which the log explains, nothing has
  /// changed.
  void reload();
  Result<std::string> read_again();
  Result<std::shared_ptr<const TlsContext>> read_certificate_again(
      const Settings& next, const ServerCertificate::Source& source);
  Result<std::string> read_zone_file(const std::filesystem::path& file) const;
  /// Why a file can't be opened; nothing if it can, or if it does not exist.
  std::optional<std::string> refusal_of(const std::string& path) const;
  void stop();

  const std::vector<std::string> arguments_;
  Settings settings_;
  const std::optional<User> next_user_;
  Log log_;
  std::vector<std::string> zone_files_;  ///< that were read at the start
  ServiceContext context_;
  ServerCertificate certificate_;
  Core core_;
  asio::signal_set signals_;
  ConfiguredListeners listeners_;
  const int terminal_;  ///< a descriptor of the terminal that portlabd was started from, or -1
  Confinement confinement_;
  bool stopping_ = false;
  const Clock::time_point start_ = Clock::now();
};

}  // namespace portlab
