#include "servers/listener/socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace portlab {

namespace {

int family_of(const Endpoint& endpoint) {
  if (endpoint.transport == Transport::local) return AF_UNIX;
  return endpoint.address.is_v6() ? AF_INET6 : AF_INET;
}

int type_of(const Endpoint& endpoint) {
  return endpoint.transport == Transport::udp ? SOCK_DGRAM : SOCK_STREAM;
}

bool set_option(int descriptor, int level, int name, int value) {
  return ::setsockopt(descriptor, level, name, &value, sizeof value) == 0;
}

ListenError system_error(const Endpoint& endpoint, int error_number) {
  ListenError error;
  error.endpoint = endpoint;
  error.error_number = error_number;
  return error;
}

OpenedSocket fail(int error) { return {FileDescriptor(), error, false}; }

/// A UDP listener on all addresses must send each reply from the address that the query was sent to
/// (RFC 1122 section 4.1.3.5). The kernel then reports that address with each datagram.
void request_destination(int descriptor, const Endpoint& endpoint) {
  if (endpoint.address.is_v6())
    set_option(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  else
    set_option(descriptor, IPPROTO_IP, IP_PKTINFO, 1);
}

/// Options that accepted sockets inherit from their listener.
void set_session_options(int descriptor) {
  // No Nagle algorithm: each write is a complete reply, which need not wait for more data.
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  // Urgent bytes stay in the stream: FTP clients send the last byte of ABOR's line as urgent data
  // (RFC 959 page 34).
  set_option(descriptor, SOL_SOCKET, SO_OOBINLINE, 1);
}

OpenedSocket bind_one(const Endpoint& endpoint, const ListenOptions& options, bool share_port) {
  FileDescriptor socket(
      ::socket(family_of(endpoint), type_of(endpoint) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return fail(errno);
  const int fd = socket.get();
  if (endpoint.transport == Transport::tcp && options.reuse_address)
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (share_port && !set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) return fail(errno);
  if (family_of(endpoint) == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (endpoint.transport == Transport::udp && endpoint.address.is_unspecified())
    request_destination(fd, endpoint);
  if (endpoint.transport == Transport::tcp) set_session_options(fd);
  // Linux gives the socket file this mode at bind(), so no other user can ever connect.
  if (endpoint.transport == Transport::local && ::fchmod(fd, 0600) != 0) return fail(errno);

  const auto address = to_socket_address(endpoint);
  if (::bind(fd, address.data(), address.size) != 0) return fail(errno);
  return {std::move(socket), 0};
}

/// Whether the connection is established. To a target on this machine it is when connect(2) has
/// returned, although that says EINPROGRESS.
bool is_established(int descriptor) {
  pollfd now{descriptor, POLLOUT, 0};
  return ::poll(&now, 1, 0) == 1 && (now.revents & (POLLERR | POLLHUP)) == 0;
}

/// Removes a socket file on which no process listens: a killed process left it behind. 0 or an
/// errno: EADDRINUSE when a process listens there, or when the file is not a socket.
int remove_stale_socket_file(const Endpoint& endpoint) {
  struct stat status {};
  if (::lstat(endpoint.path.c_str(), &status) != 0) return 0;
  if (!S_ISSOCK(status.st_mode)) return EADDRINUSE;
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return errno;
  const auto address = to_socket_address(endpoint);
  if (::connect(probe.get(), address.data(), address.size) == 0) return EADDRINUSE;
  if (errno == EAGAIN) return EADDRINUSE;  // a process listens; its backlog is full
  if (errno != ECONNREFUSED) return errno;
  return ::unlink(endpoint.path.c_str()) == 0 ? 0 : errno;
}

}  // namespace

ListenResult<std::vector<FileDescriptor>> open_listening(const Endpoint& endpoint,
                                                         const ListenOptions& options) {
  const bool local = endpoint.transport == Transport::local;
  const int copies = local ? 1 : std::max(options.copies, 1);
  if (local) {
    if (const int error = remove_stale_socket_file(endpoint); error != 0)
      return system_error(endpoint, error);
  }

  // With SO_REUSEPORT a second daemon of the same user would share the port silently. Therefore the
  // first bind goes without it, unless sharing is wanted: "address in use" must stay an error.
  auto probe = bind_one(endpoint, options, options.share_port);
  if (!probe.socket) return system_error(endpoint, probe.error);
  Endpoint bound = endpoint;
  if (!local) bound.port = local_endpoint_of(probe.socket.get(), endpoint.transport).port;

  std::vector<FileDescriptor> sockets;
  if (copies == 1) {
    sockets.push_back(std::move(probe.socket));
  } else {
    probe.socket = FileDescriptor();
    while (sockets.size() < static_cast<std::size_t>(copies)) {
      auto copy = bind_one(bound, options, true);
      if (!copy.socket) return system_error(bound, copy.error);
      sockets.push_back(std::move(copy.socket));
    }
  }
  if (endpoint.transport != Transport::udp) {
    for (const auto& socket : sockets)
      if (::listen(socket.get(), options.backlog) != 0) return system_error(bound, errno);
  }
  return sockets;
}

SocketFile::SocketFile(const Endpoint& endpoint) {
  struct stat status {};
  if (endpoint.transport != Transport::local || ::lstat(endpoint.path.c_str(), &status) != 0)
    return;
  path_ = endpoint.path;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

void SocketFile::remove() {
  struct stat status {};
  const bool exists = !path_.empty() && ::lstat(path_.c_str(), &status) == 0;
  if (exists && status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
  path_.clear();
}

OpenedSocket start_connecting(const Endpoint& from, const Endpoint& peer) {
  FileDescriptor socket(::socket(family_of(peer), type_of(peer) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return fail(errno);
  const int fd = socket.get();
  if (peer.transport == Transport::tcp) set_session_options(fd);
  if (from != Endpoint{}) {
    if (from.port != 0) set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    // Without a port the kernel should choose one at connect(), unique for this 4-tuple, not at
    // bind(), unique for the whole address (ip(7)).
    if (from.port == 0) set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    const auto source = to_socket_address(from);
    if (::bind(fd, source.data(), source.size) != 0) return fail(errno);
  }
  const auto target = to_socket_address(peer);
  const bool at_once = ::connect(fd, target.data(), target.size) == 0;
  if (!at_once && errno != EINPROGRESS) return fail(errno);
  const bool connected = at_once || is_established(fd);
  return {std::move(socket), 0, connected};
}

}  // namespace portlab
