#include "servers/listener/worker.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "servers/listener/datagrams.hpp"
#include "servers/listener/socket.hpp"

namespace portlab {

namespace {

constexpr std::chrono::seconds sweep_interval{1};
/// How long accepting rests when the system is short of descriptors or memory. Without it the loop
/// would spin.
constexpr std::chrono::milliseconds shortage_pause{100};
/// After the grace sessions are ended; one that opens something new while it ends is ended again
/// after this.
constexpr std::chrono::milliseconds last_leave_max{100};
/// Sessions accepted from one listener before the others have their turn.
constexpr int accept_batch_max = 64;
/// Batches that a listener still takes in when it closes: more than its backlog holds.
constexpr int last_batches_max = 65;

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

std::string four_tuple(const Session& session) {
  return std::string(to_string(session.local().transport)) + " " +
         session.remote().address_and_port() + " -> " + session.local().address_and_port() + " " +
         std::string(session.service());
}

}  // namespace

/// One worker's socket of a listener. CoreShared with its accept loop, which ends when the socket is
/// closed.
struct Worker::StreamListener {
  StreamListener(Reactor& reactor, std::shared_ptr<Listener> what, FileDescriptor descriptor)
      : listener(std::move(what)), socket(reactor, std::move(descriptor)), pause(reactor.loop()) {}

  std::shared_ptr<Listener> listener;
  AsyncSocket socket;
  Timer pause;
  bool open = true;
  bool short_of_descriptors = false;
};

Worker::Worker(CoreShared& shared) : shared_(shared) {}

Worker::~Worker() = default;

std::chrono::seconds Worker::idle_limit() const {
  return std::chrono::seconds(shared_.limits.idle_seconds);
}

void Worker::spawn(Task<void> task) {
  // Not `detached`: an exception here is a mistake of ours, and must not pass unseen.
  asio::co_spawn(loop_, std::move(task), [this](const std::exception_ptr& failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& mistake) {
      shared_.log.say(std::string("internal: ") + mistake.what());
    }
  });
}

void Worker::run() {
  spawn(sweep());
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
    auto added = std::make_shared<DatagramListener>(reactor_, std::move(listener),
                                                    std::move(socket), shared_, *datagram_batch_);
    datagram_listeners_.push_back(added);
    spawn(DatagramListener::answer(std::move(added)));
    return;
  }
  auto added = std::make_shared<StreamListener>(reactor_, std::move(listener), std::move(socket));
  stream_listeners_.push_back(added);
  spawn(accept_loop(std::move(added)));
}

void Worker::remove_listener(const Listener& listener) {
  stream_listeners_.remove_if([&](const auto& mine) {
    if (mine->listener.get() != &listener) return false;
    close(*mine);
    return true;
  });
  datagram_listeners_.remove_if([&](const auto& mine) {
    if (&mine->listener() != &listener) return false;
    mine->close();
    return true;
  });
}

void Worker::close(StreamListener& mine) {
  // Those whom the kernel has already told that they are connected are not sent away. Closing would
  // reset them.
  for (int i = 0; i < last_batches_max && accept_batch(mine) == Accepted::a_batch; ++i) {
  }
  mine.open = false;
  mine.socket.close();
  mine.pause.cancel();
}

Task<void> Worker::accept_loop(std::shared_ptr<StreamListener> mine) {
  while (mine->open) {
    auto wait = mine->socket.async_wait(AsyncSocket::Event::readable);
    const auto [failed] = co_await std::move(wait);
    if (failed || !mine->open) co_return;
    const auto accepted = accept_batch(*mine);
    if (accepted != Accepted::all) mine->socket.mark_readable();
    if (accepted != Accepted::short_of_descriptors) {
      mine->short_of_descriptors = false;
      continue;
    }
    if (!std::exchange(mine->short_of_descriptors, true))
      shared_.log.say("short of descriptors or memory: new sessions wait: " +
                      mine->listener->endpoint.to_string());
    boost::system::error_code ignored;
    mine->pause.expires_after(shortage_pause);
    co_await mine->pause.async_wait(asio::redirect_error(use_task, ignored));
  }
}

Worker::Accepted Worker::accept_batch(StreamListener& mine) {
  for (int i = 0; i < accept_batch_max; ++i) {
    SocketAddress peer;
    FileDescriptor socket(
        ::accept4(mine.socket.get(), peer.data(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      try {
        admit(*mine.listener, std::move(socket), peer);
      } catch (const std::exception& shortage) {  // of memory, for that newcomer
        shared_.log.say(std::string("a newcomer was turned away: ") + shortage.what());
        return Accepted::short_of_descriptors;
      }
    } else if (is_shortage(errno))
      return Accepted::short_of_descriptors;
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      return Accepted::all;
    // Anything else (ECONNABORTED, EINTR, a pending network error) concerns that newcomer alone:
    // accept(2).
  }
  return Accepted::a_batch;
}

void Worker::admit(Listener& listener, FileDescriptor socket, const SocketAddress& address) {
  const auto peer = to_endpoint(listener.endpoint.transport, address);
  auto permit = permit_for(listener, peer);
  if (!permit) return refuse_overload(listener, std::move(socket));
  listener.accepted.fetch_add(1, std::memory_order_relaxed);
  const Session::Origin origin{listener.service->info.name, listener.endpoint.transport, 0,
                               listener.service->info.is_admin};
  // A listener at one address has sessions at no other.
  const bool is_known = !listener.endpoint.address.is_unspecified();
  auto local = is_known || listener.endpoint.transport == Transport::local
                   ? listener.endpoint
                   : local_endpoint_of(socket.get(), listener.endpoint.transport);
  auto session = std::make_unique<Session>(*this, std::move(socket), std::move(*permit), origin,
                                           Session::Ends{std::move(local), peer});
  spawn(serve(Connection(std::move(session)), *listener.service->stream));
}

std::optional<Quota::Permit> Worker::permit_for(const Listener& listener, const Endpoint& peer) {
  if (listener.service->info.is_admin) return Quota::Permit();
  if (peer.transport == Transport::local) return shared_.quota.take();
  return shared_.quota.take(peer.address);
}

void Worker::refuse_overload(const Listener& listener, FileDescriptor socket) {
  const auto words = listener.service->stream->overload_reply();
  if (words.empty()) return;
  ::send(socket.get(), words.data(), words.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(socket.get(), SHUT_WR);
  // What the newcomer has said already is read, or closing would reset the connection and destroy
  // our words.
  std::array<char, 4096> said;
  while (::recv(socket.get(), said.data(), said.size(), MSG_DONTWAIT) ==
         static_cast<ssize_t>(said.size())) {
  }
}

// ---- sessions

std::optional<Connection> Worker::make_connection(FileDescriptor socket,
                                                  const Session::Origin& origin) {
  auto permit = shared_.quota.take();  // the address has its share with the first port
  if (!permit) return std::nullopt;
  Session::Ends ends{local_endpoint_of(socket.get(), origin.transport),
                     remote_endpoint_of(socket.get(), origin.transport)};
  return Connection(std::make_unique<Session>(*this, std::move(socket), std::move(*permit), origin,
                                              std::move(ends)));
}

Task<void> Worker::serve(Connection client, StreamService& service) {
  ++coroutines_;
  try {
    co_await service.serve(client);
    co_await client.session().close_in_order();
  } catch (const SessionEnded&) {
    // The session knows why, and its end is logged with that.
  } catch (const std::exception& mistake) {
    shared_.log.say("internal: " + std::string(client.session().service()) + ": " + mistake.what());
  }
  if (--coroutines_ == 0 && stopping_) stop_timer_.cancel();
}

void Worker::log_note(const Session& session, std::string_view note) {
  if (!shared_.log.wants(LogLevel::requests) || session.is_admin()) return;
  shared_.log.say(four_tuple(session) + " " + std::string(note));
}

void Worker::log_end(const Session& session) {
  if (!shared_.log.wants(LogLevel::sessions) || session.is_admin()) return;
  const auto row = session.row(Clock::now());
  char figures[96];
  std::snprintf(figures, sizeof figures, " %.3f s, %llu bytes in, %llu out, ", row.age_seconds,
                static_cast<unsigned long long>(row.bytes_in),
                static_cast<unsigned long long>(row.bytes_out));
  auto line = four_tuple(session) + figures + std::string(to_string(session.ended()));
  if (!row.note.empty()) line += ": " + row.note;
  shared_.log.say(line);
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

// ---- time and the end

Task<void> Worker::sweep() {
  boost::system::error_code failed;
  while (!stopping_ || coroutines_ > 0) {
    sweep_timer_.expires_after(sweep_interval);
    co_await sweep_timer_.async_wait(asio::redirect_error(use_task, failed));
    const auto now = Clock::now();
    for (auto& timed_socket : timed_sockets_)
      if (timed_socket.deadline() <= now) timed_socket.end(EndReason::deadline);
    for (const auto& listener : datagram_listeners_) listener->forget_silent(now);
  }
}

void Worker::stop(std::chrono::seconds grace) {
  if (std::exchange(stopping_, true)) {  // asked twice: do not wait any longer
    stop_timer_.cancel();
    return;
  }
  for (const auto& mine : stream_listeners_) close(*mine);
  for (const auto& mine : datagram_listeners_) mine->close();
  stream_listeners_.clear();
  datagram_listeners_.clear();
  for (auto& timed_socket : timed_sockets_) {
    auto* session = dynamic_cast<Session*>(&timed_socket);
    if (session != nullptr && session->idle()) session->end(EndReason::stop);
  }
  spawn(stop_sessions(grace));
}

Task<void> Worker::stop_sessions(std::chrono::seconds grace) {
  boost::system::error_code ignored;
  if (coroutines_ > 0) {
    stop_timer_.expires_after(grace);
    co_await stop_timer_.async_wait(asio::redirect_error(use_task, ignored));
  }
  for (auto& timed_socket : timed_sockets_) timed_socket.end(EndReason::stop);
  while (coroutines_ > 0) {  // each takes its leave at once
    stop_timer_.expires_after(last_leave_max);
    co_await stop_timer_.async_wait(asio::redirect_error(use_task, ignored));
    for (auto& timed_socket : timed_sockets_) timed_socket.end(EndReason::stop);
  }
  sweep_timer_.cancel();
  if (--shared_.busy_workers == 0) shared_.all_done();
}

}  // namespace portlab
