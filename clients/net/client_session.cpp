// Berkeley sockets, in the order of RFC 9293 section 3.9.1: socket, bind (only for a chosen
// source), connect, send, recv, shutdown, close. The sockets are non-blocking, and poll(2) waits,
// bounded.

#include "clients/net/client_session.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include "clients/cli/numbers.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/connection_failure.hpp"
#include "clients/net/host_info.hpp"
#include "clients/net/resolver.hpp"
#include "clients/net/tls_session.hpp"
#include "common/system/socket_address.hpp"

namespace portlab {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// Waits until the descriptor can be read or written, or has an error. False at the time-out.
bool wait_for(int descriptor, short events, milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    pollfd entry{descriptor, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0 && Clock::now() >= deadline) return false;
    if (ready < 0 && errno != EINTR)
      return true;  // the next operation on the socket reports the error
  }
}

FileDescriptor open_socket(const Endpoint& peer) {
  const int family = peer.transport == Transport::local ? AF_UNIX
                     : peer.address.is_v6()             ? AF_INET6
                                                        : AF_INET;
  const int type = peer.transport == Transport::udp ? SOCK_DGRAM : SOCK_STREAM;
  return FileDescriptor(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// Binds the socket to --source and --from, if they are given.
void choose_source(int descriptor, const Endpoint& peer, const ClientOptions& options) {
  if (peer.transport == Transport::local || (!options.source && options.from == 0)) return;
  const asio::ip::address any = peer.address.is_v6()
                                    ? asio::ip::address(asio::ip::address_v6::any())
                                    : asio::ip::address(asio::ip::address_v4::any());
  const Endpoint source{peer.transport, options.source.value_or(any), options.from, {}};
  const int on = 1;
  // Allows the same source port again while an older session is in TIME_WAIT, which forbids only
  // the same 4-tuple. Not for udp, where the option would let two programs share a port.
  if (peer.transport == Transport::tcp && options.from != 0)
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // The kernel picks the port at connect, when the peer is known: one port can be used for many
  // peers.
  if (peer.transport == Transport::tcp && options.from == 0)
    ::setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const auto address = to_socket_address(source);
  if (::bind(descriptor, address.data(), address.size) != 0)
    throw connection_failure({source, errno, Operation::choosing_source});
}

/// With a full backlog, a non-blocking connect to a Unix socket fails with EAGAIN, and poll(2)
/// cannot wait for it; a blocking one waits until the time-out SO_SNDTIMEO. unix(7).
int connect_local(int descriptor, const SocketAddress& address, milliseconds limit) {
  const auto flags = ::fcntl(descriptor, F_GETFL);
  const timeval time{limit.count() / 1000, (limit.count() % 1000) * 1000};
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  ::fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
  const int error = ::connect(descriptor, address.data(), address.size) == 0 ? 0 : errno;
  ::fcntl(descriptor, F_SETFL, flags);
  return error == EAGAIN ? ETIMEDOUT : error;
}

/// Connects within the limit. Returns 0 or an errno.
int connect_within(int descriptor, const Endpoint& peer, milliseconds limit) {
  const auto address = to_socket_address(peer);
  if (peer.transport == Transport::local) return connect_local(descriptor, address, limit);
  if (::connect(descriptor, address.data(), address.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(descriptor, POLLOUT, limit)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

/// Whether the kernel picked the destination port as the source port, so that the socket connected
/// to itself (TCP's simultaneous open): then nothing listens there.
bool is_connected_to_itself(const ClientSession& session, const ClientOptions& options) {
  return session.local().transport == Transport::tcp && options.from == 0 &&
         session.local() == session.remote();
}

/// What an error shows after the endpoint: the name of the host, and the other addresses tried.
std::string others(const Target& target, const std::vector<Endpoint>& tried) {
  std::string text;
  if (target.transport != Transport::local && !parse_address(target.host))
    text = printable(target.host);
  for (std::size_t i = 1; i < tried.size(); ++i)
    text += (i == 1 ? (text.empty() ? "also " : "; also ") : ", ") + tried[i].address_and_port();
  return text;
}

/// Throws where the path does not fit into a socket address: unix(7).
Endpoint unix_endpoint(const std::string& path) {
  constexpr std::size_t length_max = sizeof sockaddr_un{}.sun_path - 1;
  if (path.empty() || path.size() > length_max)
    throw usage_failure("'" + printable(path) + "' can't be a Unix socket: its path has 1 to " +
                            std::to_string(length_max) + " bytes",
                        "a shorter path");
  return local_endpoint(path);
}

/// The endpoints to try, in order.
std::vector<Endpoint> candidates(const Target& target, const ClientOptions& options) {
  if (target.transport == Transport::local) return {unix_endpoint(target.host)};
  if (target.port == 0)
    throw usage_failure("nothing can listen on " + std::string(to_string(target.transport)) +
                            " port 0: programs use it to mean 'any free port'",
                        "a port from 1 to 65535");
  std::vector<Endpoint> peers;
  for (const auto& address : resolve(target.host, options))
    peers.push_back({target.transport, address, target.port, {}});
  return peers;
}

/// Connects to the first of the resolved peers that accepts, trying them in order; all within
/// --timeout.
ClientSession connect_first(const Target& target, const std::vector<Endpoint>& peers,
                            const ClientOptions& options) {
  const auto deadline = Clock::now() + options.timeout;
  std::vector<Endpoint> tried;
  int first_error = 0;
  for (const auto& peer : peers) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    const auto peers_left = static_cast<std::int64_t>(peers.size() - tried.size());
    FileDescriptor descriptor = open_socket(peer);
    int error = descriptor ? 0 : errno;
    if (error == EMFILE || error == ENFILE)
      throw connection_failure({peer, error, Operation::connecting});
    if (error == 0) {
      choose_source(descriptor.get(), peer, options);
      error = connect_within(descriptor.get(), peer, std::max(left / peers_left, milliseconds(1)));
    }
    if (error == 0) {
      ClientSession session(std::move(descriptor), peer.transport, options.timeout);
      if (!is_connected_to_itself(session, options)) return session;
      error = ECONNREFUSED;
    }
    if (options.from != 0 && (error == EADDRNOTAVAIL || error == EADDRINUSE))
      throw taken_four_tuple({peer.transport,
                              options.source.value_or(route_to(peer.address).source),
                              options.from,
                              {}},
                             peer);
    if (tried.empty()) first_error = error;
    tried.push_back(peer);
  }
  throw connection_failure(
      {tried.front(), first_error, Operation::connecting, others(target, tried), options.timeout});
}

}  // namespace

ClientSession::ClientSession(FileDescriptor descriptor, Transport transport, milliseconds timeout)
    : descriptor_(std::move(descriptor)),
      timeout_(timeout),
      local_(local_endpoint_of(descriptor_.get(), transport)),
      remote_(remote_endpoint_of(descriptor_.get(), transport)) {
  ::fcntl(descriptor_.get(), F_SETFL, ::fcntl(descriptor_.get(), F_GETFL) | O_NONBLOCK);
}

ClientSession::ClientSession(ClientSession&&) noexcept = default;
ClientSession& ClientSession::operator=(ClientSession&& other) noexcept {
  close();  // before its descriptor: TLS writes its end to it
  descriptor_ = std::move(other.descriptor_);
  timeout_ = other.timeout_;
  local_ = std::move(other.local_);
  remote_ = std::move(other.remote_);
  rate_ = other.rate_;
  next_reading_ = other.next_reading_;
  tls_ = std::move(other.tls_);
  return *this;
}
ClientSession::~ClientSession() { close(); }

void ClientSession::close() {
  if (tls_ && descriptor_) tls_->end();
  descriptor_ = {};
}

void ClientSession::start_tls(TlsClient& client, const std::string& host) {
  auto tls = std::make_unique<TlsSession>(client, host, descriptor_.get(), remote_);
  const auto deadline = Clock::now() + timeout_;
  while (!tls->shake_hands()) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 || !wait_for(descriptor_.get(), tls->waits_for(), left))
      throw tls->timed_out(in_seconds(timeout_));
  }
  tls_ = std::move(tls);
}

const TlsFacts* ClientSession::tls() const { return tls_ ? &tls_->facts() : nullptr; }

bool ClientSession::was_cut_off() const { return tls_ && tls_->was_cut_off(); }

CommandError ClientSession::timed_out() const {
  return connection_failure({remote_, ETIMEDOUT, Operation::exchanging, {}, timeout_});
}

void ClientSession::limit_rate(std::uint64_t bytes_per_second) {
  rate_ = bytes_per_second;
  next_reading_ = Clock::now();
  if (rate_ == 0) return;
  constexpr std::uint64_t buffer_max = 32'768;
  const int unread = static_cast<int>(std::min(rate_, buffer_max));
  ::setsockopt(descriptor_.get(), SOL_SOCKET, SO_RCVBUF, &unread, sizeof unread);
}

Bytes ClientSession::read_some(MutableBytes buffer) {
  if (rate_ != 0) {  // ten pieces a second
    std::this_thread::sleep_until(next_reading_);
    buffer =
        buffer.first(std::min<std::size_t>(buffer.size(), std::max<std::uint64_t>(rate_ / 10, 1)));
  }
  while (true) {
    if (const auto count = receive_now(buffer)) {
      if (rate_ != 0)
        next_reading_ = std::max(Clock::now() - seconds(1), next_reading_) +
                        nanoseconds(*count * std::uint64_t{1'000'000'000} / rate_);
      return buffer.first(*count);
    }
    const short events = tls_ ? tls_->waits_for() : short{POLLIN};
    if (!wait_for(descriptor_.get(), events, timeout_)) throw timed_out();
  }
}

/// Receives what is there; nothing: that would block.
std::optional<std::size_t> ClientSession::receive_now(MutableBytes buffer) {
  if (tls_) return tls_->read(buffer);
  while (true) {
    const auto count = ::recv(descriptor_.get(), buffer.data(), buffer.size(), 0);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) return std::nullopt;
    if (errno != EINTR) throw connection_failure({remote_, errno, Operation::exchanging});
  }
}

std::size_t ClientSession::write_some(Bytes bytes) {
  if (tls_) return tls_->write(bytes);
  while (true) {
    const auto count = ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) return 0;
    if (errno != EINTR) throw connection_failure({remote_, errno, Operation::exchanging});
  }
}

void ClientSession::write(Bytes bytes) {
  if (bytes.empty() && remote_.transport == Transport::udp) write_some(bytes);  // an empty datagram
  while (!bytes.empty()) {
    const auto count = write_some(bytes);
    bytes = bytes.subspan(count);
    const short events = tls_ ? tls_->waits_for() : short{POLLOUT};
    if (count == 0 && !wait_for(descriptor_.get(), events, timeout_)) throw timed_out();
  }
}

void ClientSession::finish_writing() {
  if (tls_) tls_->end();
  if (remote_.transport != Transport::udp && ::shutdown(descriptor_.get(), SHUT_WR) != 0 &&
      errno != ENOTCONN)
    throw connection_failure({remote_, errno, Operation::exchanging});
}

bool ClientSession::wait_readable(milliseconds limit) const {
  if (!tls_) return wait_for(descriptor_.get(), POLLIN, limit);
  // What arrives may be TLS's own, such as a ticket to resume the session (RFC 8446 section 4.6.1).
  const auto deadline = Clock::now() + limit;
  while (!tls_->is_readable()) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 || !wait_for(descriptor_.get(), tls_->waits_for(), left)) return false;
  }
  return true;
}

bool ClientSession::was_rejected() const {
  if (remote_.transport == Transport::udp || !wait_readable(milliseconds(0))) return false;
  char byte = 0;
  return ::recv(descriptor_.get(), &byte, 1, MSG_PEEK) <= 0;
}

CommandError rejected_failure(const Endpoint& peer, std::size_t count, std::size_t all) {
  return peer_failure(
      Exit::failed, NetError::rejected, peer,
      std::to_string(count) + " of " + std::to_string(all) +
          " sessions were rejected: the server closed them without sending anything",
      "fewer --sessions: the server may have a limit per address (portlabd: "
      "--max-sessions-per-address)");
}

ClientSession connect_to(const Target& target, const ClientOptions& options) {
  return connect_first(target, candidates(target, options), options);
}

std::vector<ClientSession> connect_all(const Target& target, const ClientOptions& options) {
  if (options.from != 0 && options.from + options.sessions - 1 > 65535)
    throw usage_failure("--from " + std::to_string(options.from) + " with --sessions " +
                            std::to_string(options.sessions) + " counts beyond port 65535",
                        "a lower --from");
  const auto peers = candidates(target, options);
  std::vector<ClientSession> sessions;
  sessions.reserve(options.sessions);
  auto own_options = options;
  for (unsigned i = 0; i < options.sessions; ++i) {
    if (options.from != 0) own_options.from = static_cast<std::uint16_t>(options.from + i);
    sessions.push_back(connect_first(target, peers, own_options));
  }
  return sessions;
}

}  // namespace portlab
