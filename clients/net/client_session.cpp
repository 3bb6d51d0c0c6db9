// Berkeley sockets, in the order of RFC 9293 section 3.9.1: socket, bind (only for a chosen
// source), connect, send, recv, shutdown, close. The sockets are non-blocking, and poll(2) waits,
// bounded.

#include "clients/net/client_session.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/resolver.hpp"
#include "clients/net/system_address.hpp"

namespace portlab {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Closes a descriptor, unless it was given away.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// Waits until the descriptor can be read or written (or has an error to tell). False: time is up.
bool wait_for(int descriptor, short events, milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    pollfd entry{descriptor, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0 && Clock::now() >= deadline) return false;
    if (ready < 0 && errno != EINTR) return true;  // let the next call on the socket say it
  }
}

int open_socket(const Endpoint& peer) {
  const int family = peer.transport == Transport::local ? AF_UNIX
                     : peer.address.is_v6()             ? AF_INET6
                                                        : AF_INET;
  const int type = peer.transport == Transport::udp ? SOCK_DGRAM : SOCK_STREAM;
  return ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/// Binds the socket to --source and --from, if they are given.
void choose_source(int descriptor, const Endpoint& peer, const ClientOptions& options) {
  if (peer.transport == Transport::local || (!options.source && options.from == 0)) return;
  const asio::ip::address any = peer.address.is_v6()
                                    ? asio::ip::address(asio::ip::address_v6::any())
                                    : asio::ip::address(asio::ip::address_v4::any());
  const Endpoint source{peer.transport, options.source.value_or(any), options.from, {}};
  const int on = 1;
  // The same source port again, a moment later: TIME_WAIT forbids only the same 4-tuple. Not for
  // udp, where it would let two programs share a port.
  if (peer.transport == Transport::tcp && options.from != 0)
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // The port is picked at connect, when the whole 4-tuple is known: one port serves many peers.
  if (peer.transport == Transport::tcp && options.from == 0)
    ::setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  auto address = to_system(source);
  if (::bind(descriptor, address.get(), address.size) != 0)
    throw connection_failure(source, errno, Operation::choosing_source);
}

/// A Unix socket with a full backlog answers a non-blocking connect with EAGAIN and offers nothing
/// to wait for; a blocking one waits for as long as SO_SNDTIMEO says.
int connect_local(int descriptor, SystemAddress& address, milliseconds limit) {
  const auto flags = ::fcntl(descriptor, F_GETFL);
  const timeval time{limit.count() / 1000, (limit.count() % 1000) * 1000};
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  ::fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
  const int error = ::connect(descriptor, address.get(), address.size) == 0 ? 0 : errno;
  ::fcntl(descriptor, F_SETFL, flags);
  return error == EAGAIN ? ETIMEDOUT : error;
}

/// Connects within the limit. Returns 0 or an errno.
int connect_within(int descriptor, const Endpoint& peer, milliseconds limit) {
  auto address = to_system(peer);
  if (peer.transport == Transport::local) return connect_local(descriptor, address, limit);
  if (::connect(descriptor, address.get(), address.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(descriptor, POLLOUT, limit)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

/// A client that the kernel gave the very port that it calls has called itself (TCP's simultaneous
/// open): nobody else is there.
bool called_itself(const ClientSession& session, const ClientOptions& options) {
  return session.local().transport == Transport::tcp && options.from == 0 &&
         session.local() == session.remote();
}

/// What to write behind the endpoint of a failure: the name it came from, and what else was tried.
std::string others(const Target& target, const std::vector<Endpoint>& tried) {
  std::string text;
  if (target.transport != Transport::local && !parse_address(target.host))
    text = printable(target.host);
  for (std::size_t i = 1; i < tried.size(); ++i)
    text += (i == 1 ? (text.empty() ? "also " : "; also ") : ", ") + tried[i].address_and_port();
  return text;
}

std::vector<Endpoint> candidates(const Target& target, const ClientOptions& options) {
  if (target.transport == Transport::local) return {local_endpoint(target.host)};
  if (target.port == 0)
    throw usage_failure(std::string(to_string(target.transport)) +
                            " port 0 can't be called: it "
                            "means 'any free port' to a program that asks for one",
                        "a port from 1 to 65535");
  std::vector<Endpoint> peers;
  for (const auto& address : resolve(target.host, options))
    peers.push_back({target.transport, address, target.port, {}});
  return peers;
}

/// Where we would call this peer from. Connecting a udp socket sends nothing, but finds the way.
Endpoint source_towards(const Endpoint& peer, const ClientOptions& options) {
  Endpoint source{peer.transport, options.source.value_or(peer.address), options.from, {}};
  const Descriptor probe(::socket(peer.address.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM, 0));
  auto there = to_system(peer);
  SystemAddress here;
  if (!options.source && ::connect(probe.get(), there.get(), there.size) == 0 &&
      ::getsockname(probe.get(), here.get(), &here.size) == 0)
    source.address = from_system(here, peer.transport).address;
  return source;
}

/// Dials peers that were resolved already, the next one when one fails, all within --timeout.
ClientSession dial_first(const Target& target, const std::vector<Endpoint>& peers,
                         const ClientOptions& options) {
  const auto deadline = Clock::now() + options.timeout;
  std::vector<Endpoint> tried;
  int first_error = 0;
  for (const auto& peer : peers) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    const auto peers_left = static_cast<std::int64_t>(peers.size() - tried.size());
    Descriptor descriptor(open_socket(peer));
    int error = descriptor.get() < 0 ? errno : 0;
    if (error == EMFILE || error == ENFILE)
      throw connection_failure(peer, error, Operation::connecting);
    if (error == 0) {
      choose_source(descriptor.get(), peer, options);
      error = connect_within(descriptor.get(), peer, std::max(left / peers_left, milliseconds(1)));
    }
    if (error == 0) {
      auto session = ClientSession::adopt(descriptor.release(), peer.transport, options.timeout);
      if (!called_itself(session, options)) return session;
      error = ECONNREFUSED;
    }
    if (options.from != 0 && (error == EADDRNOTAVAIL || error == EADDRINUSE))
      throw taken_four_tuple(source_towards(peer, options), peer);
    if (tried.empty()) first_error = error;
    tried.push_back(peer);
  }
  throw connection_failure(tried.front(), first_error, Operation::connecting, others(target, tried),
                           options.timeout);
}

}  // namespace

ClientSession::ClientSession(int descriptor, Transport transport, milliseconds timeout)
    : descriptor_(descriptor), timeout_(timeout) {
  SystemAddress here;
  SystemAddress there;
  ::getsockname(descriptor, here.get(), &here.size);
  ::getpeername(descriptor, there.get(), &there.size);
  local_ = from_system(here, transport);
  remote_ = from_system(there, transport);
}

ClientSession ClientSession::adopt(int descriptor, Transport transport, milliseconds timeout) {
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  return {descriptor, transport, timeout};
}

ClientSession::ClientSession(ClientSession&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      timeout_(other.timeout_),
      local_(std::move(other.local_)),
      remote_(std::move(other.remote_)) {}

ClientSession& ClientSession::operator=(ClientSession&& other) noexcept {
  if (this == &other) return *this;
  close();
  descriptor_ = std::exchange(other.descriptor_, -1);
  timeout_ = other.timeout_;
  local_ = std::move(other.local_);
  remote_ = std::move(other.remote_);
  return *this;
}

Bytes ClientSession::read_some(MutableBytes buffer) {
  while (true) {
    const auto count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (count >= 0) return buffer.first(static_cast<std::size_t>(count));
    if (errno == EAGAIN) {
      if (!wait_for(descriptor_, POLLIN, timeout_))
        throw connection_failure(remote_, ETIMEDOUT, Operation::waiting, {}, timeout_);
    } else if (errno != EINTR) {
      throw connection_failure(remote_, errno, Operation::waiting);
    }
  }
}

std::size_t ClientSession::write_some(Bytes bytes) {
  while (true) {
    const auto count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) return 0;
    if (errno != EINTR) throw connection_failure(remote_, errno, Operation::sending);
  }
}

void ClientSession::write(Bytes bytes) {
  if (bytes.empty() && remote_.transport == Transport::udp) write_some(bytes);  // an empty datagram
  while (!bytes.empty()) {
    const auto count = write_some(bytes);
    bytes = bytes.subspan(count);
    if (count == 0 && !wait_for(descriptor_, POLLOUT, timeout_))
      throw connection_failure(remote_, ETIMEDOUT, Operation::sending, {}, timeout_);
  }
}

void ClientSession::finish_writing() {
  if (remote_.transport != Transport::udp && ::shutdown(descriptor_, SHUT_WR) != 0 &&
      errno != ENOTCONN)
    throw connection_failure(remote_, errno, Operation::sending);
}

void ClientSession::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

bool ClientSession::wait_readable(milliseconds limit) const {
  return wait_for(descriptor_, POLLIN, limit);
}

bool ClientSession::was_turned_away() const {
  if (remote_.transport == Transport::udp || !wait_readable(milliseconds(0))) return false;
  char byte = 0;
  return ::recv(descriptor_, &byte, 1, MSG_PEEK) <= 0;
}

CommandError turned_away_failure(const Endpoint& peer, std::size_t count, std::size_t all) {
  return CommandError(
             Exit::peer_said_no,
             peer.to_string() + ": " + std::to_string(count) + " of " + std::to_string(all) +
                 " sessions were turned away: the server closed them without a word",
             "fewer --sessions: the server may have a limit for one address (portlabd has: "
             "--max-sessions-per-address)")
      .explained_by(NetError::turned_away, peer);
}

ClientSession connect_to(const Target& target, const ClientOptions& options) {
  return dial_first(target, candidates(target, options), options);
}

std::vector<ClientSession> connect_all(const Target& target, const ClientOptions& options) {
  if (options.from != 0 && options.from + options.sessions - 1 > 65535)
    throw usage_failure("--from " + std::to_string(options.from) + " with --sessions " +
                            std::to_string(options.sessions) + " counts beyond port 65535",
                        "a lower --from");
  const auto peers = candidates(target, options);
  std::vector<ClientSession> sessions;
  sessions.reserve(options.sessions);
  auto mine = options;
  for (unsigned i = 0; i < options.sessions; ++i) {
    if (options.from != 0) mine.from = static_cast<std::uint16_t>(options.from + i);
    sessions.push_back(dial_first(target, peers, mine));
  }
  return sessions;
}

}  // namespace portlab
