#include "servers/listener/connection.hpp"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <utility>

#include "servers/listener/session.hpp"
#include "servers/listener/worker.hpp"

namespace portlab {

std::string_view to_string(EndReason reason) {
  switch (reason) {
    case EndReason::none:
      return "closed";
    case EndReason::reset:
      return "reset";
    case EndReason::deadline:
      return "timed out";
    case EndReason::stop:
      return "server stopped";
    case EndReason::limit:
      return "too much input";
  }
  return "unknown";
}

std::string_view to_string(ConnectError error) {
  switch (error) {
    case ConnectError::refused:
      return "connection refused";
    case ConnectError::timed_out:
      return "timed out";
    case ConnectError::unreachable:
      return "unreachable";
    case ConnectError::denied:
      return "permission denied";
    case ConnectError::too_many_sessions:
      return "too many sessions";
    case ConnectError::failed:
      return "failed";
  }
  return "unknown";
}

Connection::Connection(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

std::string_view Connection::pending() const { return session_->pending(); }
void Connection::consume(std::size_t count) { session_->consume(count); }
Task<bool> Connection::receive() { return session_->receive(); }

Task<void> Connection::wait_disconnect() { return session_->wait_disconnect(); }

Task<Bytes> Connection::read_some() { return session_->read_some(); }

Task<std::optional<std::string_view>> Connection::read_line(std::size_t limit) {
  std::size_t searched = 0;
  for (;;) {
    const auto newline = pending().find('\n', searched);
    if (newline != std::string_view::npos) {
      auto line = pending().substr(0, newline);
      consume(newline + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      co_return line.substr(0, limit + 1);
    }
    searched = pending().size();
    // Of a line that is too long only so much is stored: limit + 1 bytes, and one that may be a CR.
    if (searched > limit + 2) {
      session_->drop_after(limit + 2);
      searched = limit + 2;
    }
    const bool more = co_await session_->receive();
    if (!more) co_return std::nullopt;
  }
}

Task<void> Connection::write(std::string_view bytes) { return session_->write(bytes, {}); }

Task<void> Connection::write(std::string_view head, std::string_view body) {
  return session_->write(head, body);
}

Task<void> Connection::write_more(std::string_view bytes) {
  return session_->write(bytes, {}, Session::Next::more);
}

Task<void> Connection::write_and_shutdown(std::string_view bytes) {
  return session_->write(bytes, {}, Session::Next::end);
}

void Connection::skip_linger() { session_->skip_linger(); }

Task<void> Connection::send_file(File file, ByteRange range) {
  co_await session_->send_file(file.descriptor(), range);
}

Task<void> Connection::pause(std::chrono::milliseconds time) {
  Timer timer(session_->worker().loop(), time);
  co_await timer.async_wait(use_task);
}

void Connection::start_idle_timeout(std::string_view final_reply) {
  session_->start_idle_timeout(final_reply);
}

void Connection::set_message_deadline(std::chrono::seconds limit, std::string_view final_reply) {
  session_->set_message_deadline(limit, final_reply);
}

void Connection::suspend_deadline() { session_->set_deadline(Clock::time_point::max()); }

void Connection::note(std::string_view text) { session_->note(text); }
const Endpoint& Connection::local() const { return session_->info().local; }
const Endpoint& Connection::remote() const { return session_->info().remote; }

std::uint64_t Connection::poll_generation() const {
  return session_->worker().reactor().poll_generation();
}

std::optional<std::uint32_t> Connection::peer_user_id() const {
  if (local().transport != Transport::local) return std::nullopt;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(session_->socket(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return std::nullopt;
  return peer.uid;
}

const std::string& Connection::argument() const {
  static const std::string none;
  const auto& argument = session_->info().argument;
  return argument ? *argument : none;
}

// ---- data listeners

namespace {

/// A session that belongs to another one.
SessionInfo child_info(const Session& parent, std::string_view service_name) {
  SessionInfo info;
  info.service = service_name;
  info.parent_id = parent.id();
  return info;
}

}  // namespace

class DataListener::Impl final : public TimedSocket {
  /// Connections of other addresses closed before the other sessions run.
  static constexpr int rejected_before_yield = 16;

 public:
  Impl(Session& parent, FileDescriptor socket, std::string_view service_name)
      : TimedSocket(parent.worker(), std::move(socket)),
        endpoint_(local_endpoint_of(this->socket(), Transport::tcp)),
        expected_(parent.info().remote.address),
        info_(child_info(parent, service_name)) {}

  const Endpoint& endpoint() const { return endpoint_; }

  Task<std::optional<Connection>> accept(std::chrono::seconds limit) {
    set_deadline(Clock::now() + limit);
    for (int rejected = 0;;) {
      SocketAddress peer;
      FileDescriptor socket(
          ::accept4(this->socket(), peer.data(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket && to_endpoint(Transport::tcp, peer).address == expected_)
        co_return worker().make_connection(std::move(socket), Transport::tcp, info_);
      if (socket && ++rejected % rejected_before_yield != 0) continue;
      if (socket) socket_.mark_readable();
      if (!socket && (errno == ECONNABORTED || errno == EINTR)) continue;
      if (!socket && errno != EAGAIN && errno != EWOULDBLOCK) co_return std::nullopt;
      const bool readable = co_await wait_readable();
      if (!readable) co_return std::nullopt;
    }
  }

 private:
  /// False: no connection came in time. The server's stop still ends the session.
  Task<bool> wait_readable() try {
    co_await wait_until(AsyncSocket::Event::readable);
    co_return true;
  } catch (const SessionEnded& end) {
    if (end.reason() == EndReason::stop) throw;
    co_return false;
  }

  const Endpoint endpoint_;
  const asio::ip::address expected_;
  const SessionInfo info_;
};

DataListener::DataListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DataListener::~DataListener() = default;
DataListener::DataListener(DataListener&&) noexcept = default;
DataListener& DataListener::operator=(DataListener&&) noexcept = default;
const Endpoint& DataListener::endpoint() const { return impl_->endpoint(); }

Task<std::optional<Connection>> DataListener::accept(std::chrono::seconds limit) {
  return impl_->accept(limit);
}

std::optional<DataListener> Connection::open_data_listener(std::string_view service_name) {
  if (local().transport != Transport::tcp) return std::nullopt;
  auto opened = open_listening(tcp_endpoint(local().address, 0), {.backlog = 4});
  if (!opened) return std::nullopt;
  return DataListener(
      std::make_unique<DataListener::Impl>(*session_, std::move(opened->front()), service_name));
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
    try {
      co_await wait_until(AsyncSocket::Event::writable);
    } catch (const SessionEnded& end) {
      if (end.reason() == EndReason::stop) throw;
      co_return ETIMEDOUT;
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket(), SOL_SOCKET, SO_ERROR, &error, &size);
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

Task<boost::system::result<Connection, ConnectError>> Connection::connect(
    Endpoint peer, std::string_view service_name, ConnectOptions options) {
  if (peer.transport == Transport::udp) co_return ConnectError::failed;
  auto connecting = start_connecting(options.from, peer);
  if (!connecting.socket && options.from.port != 0) {  // a port that can't be bound, or used again
    options.from.port = 0;
    connecting = start_connecting(options.from, peer);
  }
  if (!connecting.socket) co_return connect_error_of(connecting.error);
  ConnectingSocket attempt(session_->worker(), std::move(connecting.socket));
  attempt.set_deadline(Clock::now() + options.limit);
  const int error = co_await attempt.result();
  if (error != 0) co_return connect_error_of(error);
  auto connection = session_->worker().make_connection(attempt.take(), peer.transport,
                                                       child_info(*session_, service_name));
  if (!connection) co_return ConnectError::too_many_sessions;
  co_return std::move(*connection);
}

Task<std::optional<Connection>> Connection::connect_back(Endpoint peer, std::uint16_t from_port,
                                                         std::string_view service_name) {
  if (local().transport != Transport::tcp) co_return std::nullopt;
  ConnectOptions options;
  options.from = tcp_endpoint(local().address, from_port);
  auto connected = co_await connect(std::move(peer), service_name, options);
  if (!connected) co_return std::nullopt;
  co_return std::move(*connected);
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
