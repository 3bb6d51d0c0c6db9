#include "servers/listener/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cstdio>
#include <utility>

#include "servers/listener/datagram_listener.hpp"
#include "servers/listener/stream_listener.hpp"

namespace portlab {

namespace {

/// All deadlines are compared with the time this often. A timer per session would cost more than
/// the bytes that it guards.
constexpr std::chrono::seconds deadline_interval{1};
/// After the grace all sessions are ended. A session that opens another connection while it ends is
/// ended again after this time.
constexpr std::chrono::milliseconds end_again_interval{100};

std::string four_tuple(const SessionInfo& info) {
  return std::string(to_string(info.local.transport)) + " " + info.remote.address_and_port() +
         " -> " + info.local.address_and_port() + " " + std::string(info.service);
}

}  // namespace

Worker::Worker(CoreShared& shared) : shared_(shared), buffers_(shared.memory) {}

Worker::~Worker() = default;

std::chrono::seconds Worker::idle_limit() const {
  return std::chrono::seconds(shared_.limits.idle_seconds);
}

void Worker::spawn(Task<void> task) {
  // Not `detached`: an exception here is a defect of ours, and must be seen.
  asio::co_spawn(loop_, std::move(task), [this](const std::exception_ptr& failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& defect) {
      shared_.log.write(std::string("internal: ") + defect.what());
    }
  });
}

void Worker::run() {
  spawn(check_deadlines());
  loop_.run();
}

void Worker::release() {
  work_.reset();
  reactor_.close();
}

// ---- listeners

void Worker::add_listener(std::shared_ptr<Listener> listener, FileDescriptor socket) {
  if (stopping_) return;
  if (listener->endpoint.transport == Transport::udp) {
    if (!datagram_batch_) datagram_batch_ = make_datagram_batch();
    auto added = std::make_shared<DatagramListener>(reactor_, shared_, std::move(listener),
                                                    std::move(socket), *datagram_batch_);
    datagram_listeners_.push_back(added);
    spawn(DatagramListener::answer_loop(std::move(added)));
    return;
  }
  auto added =
      std::make_shared<StreamListener>(*this, shared_, std::move(listener), std::move(socket));
  stream_listeners_.push_back(added);
  spawn(StreamListener::accept_loop(std::move(added)));
}

void Worker::remove_listener(const Listener& listener) {
  closing_listener_ = true;
  const auto close_if_same = [&](const auto& candidate) {
    if (&candidate->listener() != &listener) return false;
    candidate->close();
    return true;
  };
  stream_listeners_.remove_if(close_if_same);
  datagram_listeners_.remove_if(close_if_same);
  closing_listener_ = false;
}

// ---- sessions

Connection Worker::open_session(FileDescriptor socket, Quota::Permit permit, SessionInfo info) {
  auto session =
      std::make_unique<Session>(*this, std::move(socket), std::move(permit), std::move(info));
  publish(ChangeEvent::Kind::session_opened, *session);
  return Connection(std::move(session));
}

void Worker::start_session(FileDescriptor socket, Quota::Permit permit, SessionInfo info,
                           StreamService& service) {
  spawn(serve(open_session(std::move(socket), std::move(permit), std::move(info)), service));
}

std::optional<Connection> Worker::make_connection(FileDescriptor socket, Transport transport,
                                                  SessionInfo info) {
  auto permit = shared_.quota.take();  // the address is counted with the parent session
  if (!permit) return std::nullopt;
  info.local = local_endpoint_of(socket.get(), transport);
  info.remote = remote_endpoint_of(socket.get(), transport);
  return open_session(std::move(socket), std::move(*permit), std::move(info));
}

Task<void> Worker::serve(Connection client, StreamService& service) {
  ++serving_;
  // co_spawn starts a coroutine at once. A service must not run inside the call that closes a
  // listener: it could change listeners itself.
  if (closing_listener_) co_await asio::post(loop_, use_task);
  try {
    co_await service.serve(client);
    co_await client.session().close_in_order();
  } catch (const SessionEnded&) {
    // The session stores the reason, which its line of the log shows.
  } catch (const std::exception& defect) {
    shared_.log.write("internal: " + std::string(client.session().info().service) + ": " +
                      defect.what());
  }
  if (--serving_ == 0 && stopping_) stop_timer_.cancel();
}

void Worker::publish(ChangeEvent::Kind kind, const Session& session) {
  if (!shared_.changes.has_subscribers()) return;
  ChangeEvent event;
  event.kind = kind;
  event.session = session.row(Clock::now());
  shared_.changes.publish(event);
}

void Worker::session_noted(const Session& session) {
  publish(ChangeEvent::Kind::session_noted, session);
  const auto& info = session.info();
  if (!shared_.log.wants(LogLevel::requests) || info.is_admin) return;
  shared_.log.write(four_tuple(info) + " " + std::string(session.note()));
}

void Worker::session_closed(const Session& session) {
  publish(ChangeEvent::Kind::session_closed, session);
  const auto& info = session.info();
  if (!shared_.log.wants(LogLevel::sessions) || info.is_admin) return;
  const auto row = session.row(Clock::now());
  char figures[96];
  std::snprintf(figures, sizeof figures, " %.3f s, %llu bytes in, %llu out, ", row.age_seconds,
                static_cast<unsigned long long>(row.bytes_in),
                static_cast<unsigned long long>(row.bytes_out));
  auto line = four_tuple(info) + figures + std::string(to_string(session.ended()));
  if (!row.note.empty()) line += ": " + row.note;
  shared_.log.write(line);
}

std::vector<SessionRow> Worker::rows() const {
  const auto now = Clock::now();
  std::vector<SessionRow> rows;
  for (const auto& timed_socket : timed_sockets_)
    if (const auto* session = dynamic_cast<const Session*>(&timed_socket))
      rows.push_back(session->row(now));
  for (const auto& listener : datagram_listeners_) listener->append_rows(rows, now);
  return rows;
}

// ---- deadlines and the stop

Task<void> Worker::check_deadlines() {
  boost::system::error_code ignored;
  while (!stopping_ || serving_ > 0) {
    deadline_timer_.expires_after(deadline_interval);
    co_await deadline_timer_.async_wait(asio::redirect_error(use_task, ignored));
    const auto now = Clock::now();
    for (auto& timed_socket : timed_sockets_)
      if (timed_socket.deadline() <= now) timed_socket.end(EndReason::deadline);
    for (const auto& listener : datagram_listeners_) listener->remove_silent_flows(now);
  }
}

void Worker::stop(std::chrono::seconds grace) {
  if (std::exchange(stopping_, true)) {  // the second stop: no more grace
    stop_timer_.cancel();
    return;
  }
  for (const auto& listener : stream_listeners_) listener->close();
  for (const auto& listener : datagram_listeners_) listener->close();
  stream_listeners_.clear();
  datagram_listeners_.clear();
  for (auto& timed_socket : timed_sockets_) {
    auto* session = dynamic_cast<Session*>(&timed_socket);
    if (session != nullptr && session->idle()) session->end(EndReason::stop);
  }
  spawn(end_sessions(grace));
}

Task<void> Worker::end_sessions(std::chrono::seconds grace) {
  boost::system::error_code ignored;
  if (serving_ > 0) {
    stop_timer_.expires_after(grace);
    co_await stop_timer_.async_wait(asio::redirect_error(use_task, ignored));
  }
  for (auto& timed_socket : timed_sockets_) timed_socket.end(EndReason::stop);
  while (serving_ > 0) {
    stop_timer_.expires_after(end_again_interval);
    co_await stop_timer_.async_wait(asio::redirect_error(use_task, ignored));
    for (auto& timed_socket : timed_sockets_) timed_socket.end(EndReason::stop);
  }
  deadline_timer_.cancel();
  if (--shared_.busy_workers == 0) shared_.all_stopped();
}

}  // namespace portlab
