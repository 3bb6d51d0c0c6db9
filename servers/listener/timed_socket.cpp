#include "servers/listener/timed_socket.hpp"

#include <utility>

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
    case EndReason::aborted:
      return "aborted";
  }
  return "unknown";
}

TimedSocket::TimedSocket(Worker& worker, FileDescriptor socket)
    : worker_(worker),
      socket_(worker.reactor(), std::move(socket)),
      deadline_(Clock::now() + worker.idle_limit()) {
  worker.timed_sockets().push_back(*this);
}

void TimedSocket::end(EndReason reason) {
  if (ended_ != EndReason::none) return;
  ended_ = reason;
  socket_.cancel();
}

void TimedSocket::throw_ended(EndReason reason) {
  if (ended_ == EndReason::none) ended_ = reason;
  throw SessionEnded(ended_);
}

void TimedSocket::check_before_wait() {
  if (ended_ != EndReason::none) throw SessionEnded(ended_);
}

void TimedSocket::check_after_wait(const boost::system::error_code& failed) {
  check_before_wait();
  // Cancelled by race(): this wait has ended, the session has not.
  if (failed) throw SessionEnded(EndReason::reset);
}

Task<void> TimedSocket::wait_until(AsyncSocket::Event event) {
  check_before_wait();
  auto wait = socket_.async_wait(event);
  const auto [failed] = co_await std::move(wait);
  check_after_wait(failed);
}

Task<bool> TimedSocket::wait_if_it_comes(AsyncSocket::Event event) try {
  co_await wait_until(event);
  co_return true;
} catch (const SessionEnded& end) {
  if (end.reason() == EndReason::stop) throw;
  co_return false;
}

}  // namespace portlab
