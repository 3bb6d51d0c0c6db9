#include "servers/listener/stream_listener.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <utility>

#include "servers/listener/worker.hpp"

namespace portlab {

namespace {

/// Connections accepted in a row; then other listeners and sessions run.
constexpr int accept_batch_max = 64;
/// close() accepts at most this many batches: enough to empty a default backlog.
constexpr int close_batches_max = 65;
static_assert(accept_batch_max * close_batches_max > ListenOptions{}.backlog);
/// Pause after the system ran out of descriptors or memory: the socket stays readable, and the loop
/// would use all of its processor.
constexpr std::chrono::milliseconds shortage_pause{100};

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

StreamListener::StreamListener(Worker& worker, CoreShared& shared,
                               std::shared_ptr<Listener> listener, FileDescriptor socket)
    : worker_(worker),
      shared_(shared),
      listener_(std::move(listener)),
      socket_(worker.reactor(), std::move(socket)),
      pause_(worker.loop()) {}

void StreamListener::close() {
  // Clients see the connections in the backlog as established. Closing the socket would reset them.
  for (int i = 0; i < close_batches_max && accept_batch() == Accepted::batch; ++i) {
  }
  open_ = false;
  socket_.close();
  pause_.cancel();
}

Task<void> StreamListener::accept_loop(std::shared_ptr<StreamListener> self) {
  while (self->open_) {
    auto wait = self->socket_.async_wait(AsyncSocket::Event::readable);
    const auto [failed] = co_await std::move(wait);
    if (failed || !self->open_) co_return;
    const auto accepted = self->accept_batch();
    if (accepted != Accepted::everything) self->socket_.mark_readable();
    if (accepted != Accepted::out_of_resources) {
      self->out_of_resources_ = false;
      continue;
    }
    if (!std::exchange(self->out_of_resources_, true))
      self->shared_.log.write(self->listener_->endpoint.to_string() +
                              ": the system has no file descriptor or memory left for new "
                              "sessions: they wait until one ends");
    boost::system::error_code ignored;
    self->pause_.expires_after(shortage_pause);
    co_await self->pause_.async_wait(asio::redirect_error(use_task, ignored));
  }
}

StreamListener::Accepted StreamListener::accept_batch() {
  for (int i = 0; i < accept_batch_max; ++i) {
    SocketAddress peer;
    FileDescriptor socket(
        ::accept4(socket_.get(), peer.data(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      try {
        begin_session(std::move(socket), peer);
      } catch (const std::exception& failure) {  // no memory for this session
        shared_.log.write(listener_->endpoint.to_string() +
                          ": a new session was refused: " + failure.what());
        return Accepted::out_of_resources;
      }
    } else if (is_shortage(errno))
      return Accepted::out_of_resources;
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      return Accepted::everything;
    // Other errors (ECONNABORTED, EINTR, a network error) concern this connection only: accept(2).
  }
  return Accepted::batch;
}

void StreamListener::begin_session(FileDescriptor socket, const SocketAddress& address) {
  const auto& listening = listener_->endpoint;
  const bool local = listening.transport == Transport::local;
  SessionRow row;
  row.remote = to_endpoint(listening.transport, address);
  Quota::Permit permit;
  if (!listener_->service->is_admin) {
    permit = shared_.quota.take(local ? nullptr : &row.remote.address);
    if (!permit) {
      shared_.refused.fetch_add(1, std::memory_order_relaxed);
      return refuse(std::move(socket));
    }
  }
  listener_->accepted.fetch_add(1, std::memory_order_relaxed);
  // A listener at one address has sessions at no other; only a wildcard address needs a system
  // call.
  const bool is_wildcard = !local && listening.address.is_unspecified();
  row.local = is_wildcard ? local_endpoint_of(socket.get(), listening.transport) : listening;
  worker_.start_session(std::move(socket), std::move(permit), std::move(row), listener_);
}

void StreamListener::refuse(FileDescriptor socket) {
  const auto reply = listener_->service->stream->overload_reply();
  if (reply.empty() || listener_->service->tls) return;  // a handshake is too much for a refusal
  ::send(socket.get(), reply.data(), reply.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(socket.get(), SHUT_WR);
  // What the client has sent is read: closing a socket with unread bytes would send a RST, which
  // can destroy the reply.
  std::array<char, 4096> discarded;
  while (::recv(socket.get(), discarded.data(), discarded.size(), MSG_DONTWAIT) ==
         static_cast<ssize_t>(discarded.size())) {
  }
}

}  // namespace portlab
