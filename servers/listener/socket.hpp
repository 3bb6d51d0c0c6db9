#pragma once
// The kernel's side of sockets: opening and binding them, and its addresses as endpoints. Nothing
// here knows of sessions.

#include <sys/socket.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "common/endpoint.hpp"
#include "common/result.hpp"
#include "common/system/file_descriptor.hpp"
#include "common/system/socket_address.hpp"

namespace portlab {

/// How a listening socket is opened.
struct ListenOptions {
  /// SO_REUSEADDR for TCP: the port can be bound although old sessions wait in TIME_WAIT. Off, to
  /// show TIME_WAIT.
  bool reuse_address = true;
  /// SO_REUSEPORT: other programs of this user that set it, too, may have the same endpoint.
  bool share_port = false;
  /// As many sockets, one for each worker, between which the kernel shares out (SO_REUSEPORT when
  /// more than one).
  int copies = 1;
  /// Sessions that wait for accept. The kernel caps it at net.core.somaxconn.
  int backlog = 4096;
};

/// Opens, binds and (for tcp and unix) listens. All copies or none. Port 0 takes a free one, the
/// same for all copies. The error names the endpoint, the cause and what to try.
Result<std::vector<FileDescriptor>> open_listening(const Endpoint& endpoint,
                                                   const ListenOptions& options);

/// The file of a listening Unix socket. Only this very file is ever removed: another process may
/// have put its own in the place.
class SocketFile {
 public:
  SocketFile() = default;
  /// The file that is at the endpoint's path now.
  explicit SocketFile(const Endpoint& endpoint);
  void remove();

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Starts a TCP connection that does not wait; from `from`, which may have port 0. errno 0: it is
/// under way or done.
struct Connecting {
  FileDescriptor socket;
  int error = 0;
};
Connecting start_connecting(const Endpoint& from, const Endpoint& peer);

}  // namespace portlab
