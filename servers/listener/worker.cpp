#include "servers/listener/worker.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
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

}  // namespace

Worker::Worker(CoreShared& shared)
    : shared_(shared), buffers_(shared.memory), pipes_(shared.pipes) {}

Worker::~Worker() = default;

std::chrono::seconds Worker::idle_limit() const {
  return std::chrono::seconds(shared_.idle_seconds.load(std::memory_order_relaxed));
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
    auto added =
        std::make_shared<DatagramListener>(*this, shared_, std::move(listener), std::move(socket));
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
  const auto close_if_same = [&](const auto& candidate) {
    if (&candidate->listener() != &listener) return false;
    candidate->close();
    return true;
  };
  stream_listeners_.remove_if(close_if_same);
  datagram_listeners_.remove_if(close_if_same);
}

bool Worker::has_udp_listener(std::uint16_t port) const {
  return std::any_of(datagram_listeners_.begin(), datagram_listeners_.end(),
                     [&](const auto& known) { return known->listener().endpoint.port == port; });
}

// ---- sessions

std::unique_ptr<Connection> Worker::open_session(FileDescriptor socket, Quota::Permit permit,
                                                 SessionRow row,
                                                 std::shared_ptr<const Listener> listener) {
  row.id = ++shared_.last_session_id;
  auto session = std::make_unique<Connection>(*this, std::move(socket), std::move(permit),
                                              std::move(row), std::move(listener));
  publish(ChangeEvent::Kind::session_opened, *session);
  return session;
}

void Worker::start_session(FileDescriptor socket, Quota::Permit permit, SessionRow row,
                           std::shared_ptr<const Listener> listener) {
  const auto& service = *listener->service;
  row.service = service.info.name;
  spawn(
      serve(open_session(std::move(socket), std::move(permit), std::move(row), std::move(listener)),
            *service.stream));
}

std::unique_ptr<Connection> Worker::make_connection(FileDescriptor socket, Transport transport,
                                                    SessionRow row) {
  auto permit = shared_.quota.take();  // the address is counted with the parent session
  if (!permit) return nullptr;
  if (row.remote == Endpoint{}) {
    row.local = local_endpoint_of(socket.get(), transport);
    row.remote = remote_endpoint_of(socket.get(), transport);
  }
  return open_session(std::move(socket), std::move(permit), std::move(row), nullptr);
}

Task<void> Worker::serve(std::unique_ptr<Connection> client, StreamService& service) {
  ++serving_;
  try {
    const bool ready = co_await client->handshake();
    if (ready) co_await service.serve(*client);
    co_await client->close_in_order();
  } catch (const SessionEnded&) {
    // The session stores the reason, which its line of the log shows.
  } catch (const std::exception& defect) {
    shared_.log.write("internal: " + client->row(Clock::now()).service + ": " + defect.what());
  }
  if (--serving_ == 0 && stopping_) stop_timer_.cancel();
}

void Worker::publish(ChangeEvent::Kind kind, const Connection& session) {
  if (shared_.changes.has_subscribers())
    shared_.changes.publish(kind, session.row_without_age(), session.began());
}

void Worker::session_noted(const Connection& session) {
  publish(ChangeEvent::Kind::session_noted, session);
  if (!shared_.log.wants(LogLevel::requests) || session.is_admin()) return;
  const auto row = session.row(Clock::now());
  shared_.log.write(row.four_tuple() + " " + row.service + " " + row.note_text());
}

void Worker::session_closed(const Connection& session) {
  /// More than the kernel of a small machine keeps in TIME_WAIT for one server.
  constexpr std::size_t ended_max = 1000;
  publish(ChangeEvent::Kind::session_closed, session);
  const bool is_logged = shared_.log.wants(LogLevel::sessions) && !session.is_admin();
  if (session.row_without_age().parent_id == 0 && !is_logged) return;
  const auto now = Clock::now();
  const auto row = session.row(now);
  if (row.parent_id != 0) {
    ended_.push_back({now, row});
    if (ended_.size() > ended_max) ended_.pop_front();
  }
  if (!is_logged) return;
  char figures[96];
  std::snprintf(figures, sizeof figures, " %.3f s, %llu bytes in, %llu out, ", row.age_seconds,
                static_cast<unsigned long long>(row.bytes_in),
                static_cast<unsigned long long>(row.bytes_out));
  auto line =
      row.four_tuple() + " " + row.service + figures + std::string(to_string(session.ended()));
  if (const auto note = row.note_text(); !note.empty()) line += ": " + note;
  shared_.log.write(line);
}

std::vector<SessionRow> Worker::rows() const {
  const auto now = Clock::now();
  std::vector<SessionRow> rows;
  for (const auto& timed_socket : timed_sockets_)
    if (const auto* session = dynamic_cast<const Connection*>(&timed_socket))
      rows.push_back(session->row(now));
  for (const auto& listener : datagram_listeners_) listener->append_rows(rows, now);
  return rows;
}

std::vector<SessionRow> Worker::ended_further_connections() const {
  constexpr std::chrono::seconds time_wait{60};  // TCP_TIMEWAIT_LEN of Linux
  const auto since = Clock::now() - time_wait;
  std::vector<SessionRow> rows;
  for (const auto& ended : ended_)
    if (ended.when >= since) rows.push_back(ended.row);
  return rows;
}

// ---- deadlines and the stop

/// One line a second, not one per session: an attacker could fill the log.
void Worker::log_refused_sessions() {
  const auto refused = shared_.refused.load(std::memory_order_relaxed);
  const auto before = shared_.refused_logged.exchange(refused, std::memory_order_relaxed);
  if (refused <= before || !shared_.log.wants(LogLevel::sessions)) return;
  shared_.log.write(std::to_string(refused - before) +
                    " sessions were refused: there are too many (--max-sessions, "
                    "--max-sessions-per-address)");
}

Task<void> Worker::check_deadlines() {
  boost::system::error_code ignored;
  while (!stopping_ || serving_ > 0) {
    deadline_timer_.expires_after(deadline_interval);
    co_await deadline_timer_.async_wait(asio::redirect_error(use_task, ignored));
    const auto now = Clock::now();
    for (auto& timed_socket : timed_sockets_)
      if (timed_socket.deadline() <= now) timed_socket.end(EndReason::deadline);
    for (const auto& listener : datagram_listeners_) listener->remove_silent_flows(now);
    log_refused_sessions();
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
    auto* session = dynamic_cast<Connection*>(&timed_socket);
    if (session != nullptr && session->ends_at_stop()) session->end(EndReason::stop);
  }
  spawn(end_sessions(grace));
}

Task<void> Worker::end_sessions(std::chrono::seconds grace) {
  boost::system::error_code ignored;
  for (Clock::duration wait = grace; serving_ > 0; wait = end_again_interval) {
    stop_timer_.expires_after(wait);
    co_await stop_timer_.async_wait(asio::redirect_error(use_task, ignored));
    for (auto& timed_socket : timed_sockets_) timed_socket.end(EndReason::stop);
  }
  deadline_timer_.cancel();
  if (--shared_.busy_workers == 0) shared_.all_stopped();
}

}  // namespace portlab
