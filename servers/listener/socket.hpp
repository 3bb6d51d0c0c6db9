#pragma once
// System calls that open sockets: listening ones, and outgoing connections. This file is
// independent of sessions.

#include <sys/socket.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "common/endpoint.hpp"
#include "common/system/file_descriptor.hpp"
#include "common/system/socket_address.hpp"
#include "servers/listener/listen_error.hpp"

namespace portlab {

/// How a listening socket is opened.
struct ListenOptions {
  /// SO_REUSEADDR for TCP: bind a port although old sessions of it are in TIME_WAIT (socket(7)).
  bool reuse_address = true;
  /// SO_REUSEPORT: other programs of this user that set it, too, may bind the same endpoint.
  bool share_port = false;
  /// Number of sockets, one for each worker. The kernel distributes sessions between them
  /// (SO_REUSEPORT when more than one).
  int copies = 1;
  /// Length of the queue of connections to accept. The kernel caps it at net.core.somaxconn.
  int backlog = 4096;
};

/// Opens, binds and (for tcp and unix) listens: all copies or none. Port 0 means any free port, the
/// same for all copies. The error's reason is `system`.
ListenResult<std::vector<FileDescriptor>> open_listening(const Endpoint& endpoint,
                                                         const ListenOptions& options);

/// The file of a listening Unix socket.
class SocketFile {
 public:
  SocketFile() = default;
  /// The file that is at the endpoint's path now; nothing for tcp and udp.
  explicit SocketFile(const Endpoint& endpoint);
  /// Removes the file, unless another process has put a file of its own in its place.
  void remove();

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// A socket, or the errno of the system call that failed.
struct OpenedSocket {
  FileDescriptor socket;
  int error = 0;
  bool connected = false;  ///< the connection is established already
};
/// Starts a connection (tcp or unix) without blocking, or connects a udp socket. `from`: the source;
/// a default Endpoint lets the kernel choose the address, port 0 lets it choose the port.
OpenedSocket start_connecting(const Endpoint& from, const Endpoint& peer);

}  // namespace portlab
