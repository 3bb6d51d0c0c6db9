#pragma once
// The process that relays to the page's network: a child process of portlab, because a process that has
// entered a private network does not come back, and this one may have to enter another.

#include <sys/types.h>

#include <optional>

#include "clients/cli/command_error.hpp"
#include "common/system/file_descriptor.hpp"
#include "labs/page/page_target.hpp"

namespace portlab {

class RelayProcess {
 public:
  /// Starts it, and returns when it serves at this listening socket. Throws a CommandError where the
  /// network cannot be entered.
  RelayProcess(const PageTarget& target, const FileDescriptor& listener);
  ~RelayProcess();
  RelayProcess(const RelayProcess&) = delete;
  RelayProcess& operator=(const RelayProcess&) = delete;

  /// Why there was no HTTP in that network at the beginning; nothing: there was.
  const std::optional<CommandError>& no_http() const { return no_http_; }
  /// Whether it has ended, as it does when the lab, the office or the portlabd has ended. Does not
  /// block; the process gets a SIGCHLD when it ends.
  bool ended();

 private:
  pid_t child_ = -1;  ///< -1: it has ended
  std::optional<CommandError> no_http_;
};

}  // namespace portlab
