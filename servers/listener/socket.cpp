#include "servers/listener/socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

#include "common/port.hpp"

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

/// The command that looks at this error where it happened.
std::string explained_by(const std::string& error, const Endpoint& endpoint) {
  const bool udp = endpoint.transport == Transport::udp;
  return "; 'portlab why " + error + " " + endpoint.address_and_port() + (udp ? "/udp" : "") +
         "' looks into it";
}

/// "what failed: why: what to try", for a person.
Error cannot_listen(const Endpoint& endpoint, int error) {
  const std::string head = "cannot listen on " + endpoint.to_string() + ": ";
  const std::string port = std::to_string(endpoint.port);
  switch (error) {
    case EACCES:
      if (endpoint.transport == Transport::local)
        return Error{head +
                     "permission denied: choose a path in a folder of your own; a portlabd that "
                     "runs makes sockets beside its control socket only"};
      return Error{head + "permission denied: below port " +
                   std::to_string(first_unprivileged_port()) +
                   " this machine asks for privilege (net.ipv4.ip_unprivileged_port_start): try "
                   "--shift 8000, or --private for a network of your own" +
                   explained_by("denied", endpoint)};
    case EADDRINUSE:
      if (endpoint.transport == Transport::local)
        return Error{head +
                     "in use: another portlabd answers there. 'portlab server stop' ends it; "
                     "--control PATH gives this one a place of its own"};
      return Error{head +
                   "address already in use, by another program, an earlier portlabd, or, without "
                   "SO_REUSEADDR, a session in TIME_WAIT: 'portlab server stop' ends yours, 'ss "
                   "-tulpn' names others; another port avoids it" +
                   explained_by("in-use", endpoint)};
    case EADDRNOTAVAIL:
      return Error{head +
                   "no interface of this machine has that address: try 127.0.0.1, or "
                   "0.0.0.0 for all of them"};
    case EAFNOSUPPORT:
      return Error{head + "this machine does not speak that address family"};
    default:
      return Error{head + std::generic_category().message(error)};
  }
}

struct Opened {
  FileDescriptor socket;
  int error = 0;
};

Opened fail(int error) { return {FileDescriptor(), error}; }

/// A wildcard UDP listener must answer from the address it was asked at (RFC 1122 section 4.1.3.5),
/// so it is told.
void ask_for_destination(int descriptor, const Endpoint& endpoint) {
  if (endpoint.address.is_v6())
    set_option(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  else
    set_option(descriptor, IPPROTO_IP, IP_PKTINFO, 1);
}

/// What accepted sockets inherit from their listener, and need not be told one by one.
void prepare_for_sessions(int descriptor) {
  // Replies are whole: nothing is gained by waiting for more.
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  // Urgent bytes stay where they are in the stream: FTP clients send the last one of ABOR so (RFC
  // 959 page 34), and without it the line would never end.
  set_option(descriptor, SOL_SOCKET, SO_OOBINLINE, 1);
}

Opened bind_one(const Endpoint& endpoint, const ListenOptions& options, bool share_port) {
  FileDescriptor socket(
      ::socket(family_of(endpoint), type_of(endpoint) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return fail(errno);
  const int fd = socket.get();
  if (endpoint.transport == Transport::tcp && options.reuse_address)
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (share_port && !set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) return fail(errno);
  if (family_of(endpoint) == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (endpoint.transport == Transport::udp && endpoint.address.is_unspecified())
    ask_for_destination(fd, endpoint);
  if (endpoint.transport == Transport::tcp) prepare_for_sessions(fd);
  // Linux gives the socket file this mode at bind(): from its first moment it is its owner's alone.
  if (endpoint.transport == Transport::local && ::fchmod(fd, 0600) != 0) return fail(errno);

  const auto address = to_socket_address(endpoint);
  if (::bind(fd, address.data(), address.size) != 0) return fail(errno);
  return {std::move(socket), 0};
}

/// A socket file that nobody answers at is what a killed process left behind: it may be replaced.
/// One that answers is in use, and anything that is not a socket is somebody's file.
int make_way(const Endpoint& endpoint) {
  struct stat status {};
  if (::lstat(endpoint.path.c_str(), &status) != 0) return 0;
  if (!S_ISSOCK(status.st_mode)) return EADDRINUSE;
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return errno;
  const auto address = to_socket_address(endpoint);
  if (::connect(probe.get(), address.data(), address.size) == 0) return EADDRINUSE;
  if (errno == EAGAIN) return EADDRINUSE;  // somebody listens, and is slow to accept
  if (errno != ECONNREFUSED) return errno;
  return ::unlink(endpoint.path.c_str()) == 0 ? 0 : errno;
}

}  // namespace

Result<std::vector<FileDescriptor>> open_listening(const Endpoint& endpoint,
                                                   const ListenOptions& options) {
  const bool local = endpoint.transport == Transport::local;
  const int copies = local ? 1 : std::max(options.copies, 1);
  if (local) {
    if (const int error = make_way(endpoint); error != 0) return cannot_listen(endpoint, error);
  }

  // With SO_REUSEPORT the kernel would let a second daemon of the same user share the port
  // silently. So the first bind goes without it, unless that is wanted: "address in use" must stay
  // an error.
  auto probe = bind_one(endpoint, options, options.share_port);
  if (!probe.socket) return cannot_listen(endpoint, probe.error);
  Endpoint bound = endpoint;
  if (!local) bound.port = local_endpoint_of(probe.socket.get(), endpoint.transport).port;

  std::vector<FileDescriptor> sockets;
  if (copies == 1) {
    sockets.push_back(std::move(probe.socket));
  } else {
    probe.socket = FileDescriptor();
    while (sockets.size() < static_cast<std::size_t>(copies)) {
      auto one = bind_one(bound, options, true);
      if (!one.socket) return cannot_listen(bound, one.error);
      sockets.push_back(std::move(one.socket));
    }
  }
  if (endpoint.transport != Transport::udp) {
    for (const auto& socket : sockets)
      if (::listen(socket.get(), options.backlog) != 0) return cannot_listen(bound, errno);
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
  const bool there = !path_.empty() && ::lstat(path_.c_str(), &status) == 0;
  if (there && status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
  path_.clear();
}

Connecting start_connecting(const Endpoint& from, const Endpoint& peer) {
  FileDescriptor socket(::socket(family_of(peer), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return {FileDescriptor(), errno};
  const int fd = socket.get();
  if (from.port != 0) set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // Without a port the kernel shall choose one at connect(), for this 4-tuple, not at bind() for
  // the whole address.
  if (from.port == 0) set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  const auto source = to_socket_address(from);
  if (::bind(fd, source.data(), source.size) != 0) return {FileDescriptor(), errno};
  const auto target = to_socket_address(peer);
  if (::connect(fd, target.data(), target.size) != 0 && errno != EINPROGRESS)
    return {FileDescriptor(), errno};
  return {std::move(socket), 0};
}

}  // namespace portlab
