// The further connections of a session: those that a DataListener accepts, and those that the server
// makes itself.

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <utility>

#include "servers/listener/connection.hpp"
#include "servers/listener/worker.hpp"

namespace portlab {

SessionRow Connection::child_row(std::string_view service_name) const {
  SessionRow row;
  row.service = service_name;
  row.parent_id = row_.id;
  return row;
}

// ---- data listeners

std::unique_ptr<DataListener> Connection::open_data_listener(std::string_view service_name) {
  if (local().transport != Transport::tcp) return nullptr;
  auto opened = open_listening(tcp_endpoint(local().address, 0), {.backlog = 4});
  if (!opened) return nullptr;
  return std::make_unique<DataListener>(worker_, std::move(opened->front()), remote().address,
                                        child_row(service_name));
}

DataListener::DataListener(Worker& worker, FileDescriptor socket, const asio::ip::address& expected,
                           SessionRow row)
    : TimedSocket(worker, std::move(socket)),
      endpoint_(local_endpoint_of(socket_.get(), Transport::tcp)),
      expected_(expected),
      row_(std::move(row)) {
  // It waits for the session's next command, however late that comes: accept() sets the deadline.
  set_deadline(Clock::time_point::max());
}

Task<boost::system::result<std::unique_ptr<Connection>, ConnectError>> DataListener::accept(
    std::chrono::seconds limit) {
  /// Connections of other addresses closed before the other sessions run.
  constexpr int rejected_before_yield = 16;
  set_deadline(Clock::now() + limit);
  for (int rejected = 0;;) {
    SocketAddress peer;
    FileDescriptor socket(
        ::accept4(socket_.get(), peer.data(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket && to_endpoint(Transport::tcp, peer).address == expected_) {
      auto made = worker_.make_connection(std::move(socket), Transport::tcp, row_);
      if (!made) co_return ConnectError::too_many_sessions;
      co_return std::move(made);
    }
    if (socket && ++rejected % rejected_before_yield != 0) continue;
    if (socket) socket_.mark_readable();
    if (!socket && (errno == ECONNABORTED || errno == EINTR)) continue;
    if (!socket && errno != EAGAIN && errno != EWOULDBLOCK) co_return ConnectError::failed;
    const bool readable = co_await wait_if_it_comes(AsyncSocket::Event::readable);
    if (!readable) co_return ConnectError::timed_out;
  }
}

// ---- outgoing connections

namespace {

/// A connection that is being established: the socket becomes writable when that has succeeded or
/// failed (connect(2), EINPROGRESS).
class ConnectingSocket final : public TimedSocket {
 public:
  using TimedSocket::TimedSocket;

  /// 0, or the errno of the failure.
  Task<int> result() {
    const bool ended = co_await wait_if_it_comes(AsyncSocket::Event::writable);
    if (!ended) co_return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    co_return error;
  }

  FileDescriptor take() { return socket_.release(); }
};

ConnectError connect_error_of(int error) {
  switch (error) {
    case ECONNREFUSED:
    case ENOENT:  // a Unix socket whose file does not exist
      return ConnectError::refused;
    case ETIMEDOUT:
      return ConnectError::timed_out;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return ConnectError::unreachable;
    case EACCES:
    case EPERM:
      return ConnectError::denied;
    default:
      return ConnectError::failed;
  }
}

}  // namespace

Task<boost::system::result<std::unique_ptr<Connection>, ConnectError>> Connection::connect(
    Endpoint peer, std::string_view service_name, ConnectOptions options) {
  if (peer.transport == Transport::udp) co_return ConnectError::failed;
  const auto hops_so_far = hops();
  if (hops_so_far >= hops_max) co_return ConnectError::loop;
  auto connecting = start_connecting(options.from, peer);
  if (!connecting.socket && options.from.port != 0) {  // a port that can't be bound, or used again
    options.from.port = 0;
    connecting = start_connecting(options.from, peer);
  }
  if (!connecting.socket) co_return connect_error_of(connecting.error);
  // Before this machine accepts the connection, perhaps on the thread of another worker.
  const auto local = local_endpoint_of(connecting.socket.get(), peer.transport);
  auto own = worker_.own_connections().add(local, peer, hops_so_far + 1);
  if (!connecting.connected) {
    ConnectingSocket attempt(worker_, std::move(connecting.socket));
    attempt.set_deadline(Clock::now() + options.limit);
    const int error = co_await attempt.result();
    if (error != 0) co_return connect_error_of(error);
    connecting.socket = attempt.take();
  }
  auto row = child_row(service_name);
  row.outgoing = true;
  row.local = local;
  row.remote = peer;
  auto connection =
      worker_.make_connection(std::move(connecting.socket), peer.transport, std::move(row));
  if (!connection) co_return ConnectError::too_many_sessions;
  connection->own_connection_ = std::move(own);
  co_return connection;
}

Task<bool> race(Task<void> first, Task<void> second) {
  const auto executor = co_await asio::this_coro::executor;
  auto both = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, std::move(first), asio::deferred),
      asio::co_spawn(executor, std::move(second), asio::deferred));
  const auto [order, first_failure, second_failure] =
      co_await both.async_wait(asio::experimental::wait_for_one(), use_task);
  const bool first_ended = order[0] == 0;
  const auto& failure = first_ended ? first_failure : second_failure;
  if (failure) std::rethrow_exception(failure);
  co_return first_ended;
}

}  // namespace portlab
