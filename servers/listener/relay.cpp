// A relay: two connections, and each sends what the other one receives.
//
//   relay -> copy_to (this -> other)  little data: recv(2), send(2)
//         -> copy_to (other -> this)  much data: splice(2) through a pipe
//
// Back pressure: a direction that can't send does not read, so the kernel's buffers fill, and TCP
// makes the sender wait. What was read and could not be sent stays in memory of its own, counted
// among what sessions store: an idle relay has neither buffer nor pipe.

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <exception>
#include <string>
#include <utility>

#include "common/system/peer_credentials.hpp"
#include "servers/listener/connection.hpp"
#include "servers/listener/worker.hpp"

namespace portlab {

namespace {

using Status = ByteStream::Status;

/// A direction that had at least this much to read at once is spliced the next time. Below it,
/// copying is cheaper than the two calls of splice(2): bench case `forward`, small messages, 1.5
/// times as many round trips as a loop that always splices.
constexpr std::size_t bulk_bytes = std::size_t{32} * 1024;
/// As much as a pipe holds (pipe(7)).
constexpr std::size_t pipe_bytes = std::size_t{64} * 1024;
/// Bytes moved before the other sessions run.
constexpr std::size_t bytes_before_yield = std::size_t{1} << 20;

}  // namespace

Task<void> Connection::relay(Connection& other) {
  postpone_deadline_with(other);
  for (auto* each : {this, &other}) each->phase_ = Phase::relay;
  if (worker_.stopping() && ends_at_stop()) throw_ended(EndReason::stop);
  bool back_ended = false;
  Timer* waiting = nullptr;
  asio::co_spawn(worker_.loop(), other.copy_to(*this), [&](const std::exception_ptr& failure) {
    if (failure) end_with(other, EndReason::reset);
    back_ended = true;
    if (waiting != nullptr) waiting->cancel();
  });
  std::exception_ptr failure;
  try {
    co_await copy_to(other);
  } catch (...) {
    failure = std::current_exception();
    end_with(other, EndReason::reset);
  }
  // Only now: an idle relay needs no timer.
  if (!back_ended) co_await wait_for_cancel(waiting);
  if (failure) std::rethrow_exception(failure);
  check_before_wait();
}

Task<void> Connection::wait_for_cancel(Timer*& waiting) {
  boost::system::error_code cancelled;
  Timer timer(worker_.loop(), Timer::time_point::max());
  waiting = &timer;
  co_await timer.async_wait(asio::redirect_error(use_task, cancelled));
}

void Connection::end_with(Connection& other, EndReason reason) {
  for (auto* each : {this, &other}) {
    each->stream_.reset_at_close();
    each->end(reason);
  }
}

void Connection::abort() {
  stream_.reset_at_close();
  throw_ended(EndReason::aborted);
}

unsigned Connection::hops() const {
  if (local().transport != Transport::local)
    return worker_.own_connections().hops_of(local(), remote());
  // A Unix socket has no endpoint that tells its sessions apart.
  const auto peer = peer_credentials(socket_.get());
  return peer && peer->pid == ::getpid() ? hops_max : 0;
}

void Connection::postpone_deadline_with(Connection& other) {
  const auto deadline = Clock::now() + worker_.idle_limit();
  set_deadline(deadline);
  other.set_deadline(deadline);
}

Task<void> Connection::copy_to(Connection& to) try {
  for (bool bulk = false; !peer_closed_;) {
    check_before_wait();
    auto wait = socket_.async_wait(AsyncSocket::Event::readable);
    const auto [failed] = co_await std::move(wait);
    check_after_wait(failed);
    auto pipe = bulk ? worker_.pipes().take() : nullptr;
    if (pipe) {
      const auto moved = co_await splice_to(to, std::move(pipe));
      bulk = moved >= bulk_bytes;
      continue;
    }
    const auto more = try_receive();
    if (!more || !*more) continue;
    bulk = pending().size() >= bulk_bytes;
    consume(to.send_now(pending()));
    if (!pending().empty()) co_await send_pending_to(to);
    release_empty_buffer();
    postpone_deadline_with(to);
  }
  // When both directions have ended, both sockets are closed, and close(2) sends the FIN: one of 19
  // system calls less (bench "forward connect, 64 bytes, close": 1.05 times as many).
  if (!fin_sent_) to.stream_.shutdown_write();
  to.fin_sent_ = true;
} catch (const SessionEnded& end) {
  end_with(to, end.reason());
  throw;
}

std::size_t Connection::send_now(std::string_view bytes) {
  const auto sent = stream_.write(bytes, {}, false);
  if (sent.status == Status::broken) throw_ended(EndReason::reset);
  row_.bytes_out += sent.bytes;
  return sent.bytes;
}

Task<void> Connection::send_pending_to(Connection& to) {
  const std::string rest(pending());
  if (!keep_bytes(rest.size())) throw_ended(EndReason::limit);
  consume(rest.size());
  release_empty_buffer();
  postpone_deadline_with(to);
  for (std::string_view left = rest; !left.empty();) {
    co_await to.wait_until(AsyncSocket::Event::writable);
    const auto sent = to.send_now(left);
    left.remove_prefix(sent);
    if (sent > 0) postpone_deadline_with(to);
  }
  keep_bytes(0);
}

Task<std::size_t> Connection::splice_to(Connection& to, std::unique_ptr<Pipe> pipe) {
  std::size_t moved = 0;
  for (std::size_t since_yield = 0;;) {
    const auto got = stream_.read_to_pipe(pipe->write_end(), pipe_bytes);
    if (got.status == Status::broken) throw_ended(EndReason::reset);
    if (got.status != Status::transferred) {
      peer_closed_ = got.status == Status::end_of_stream;
      break;
    }
    row_.bytes_in += got.bytes;
    for (auto left = got.bytes; left > 0;) {
      const auto sent = to.stream_.write_from_pipe(pipe->read_end(), left);
      if (sent.status == Status::transferred) {
        to.row_.bytes_out += sent.bytes;
        left -= sent.bytes;
        postpone_deadline_with(to);
        continue;
      }
      if (sent.status != Status::wait_writable) to.throw_ended(EndReason::reset);
      co_await to.wait_until(AsyncSocket::Event::writable);
    }
    moved += got.bytes;
    since_yield += got.bytes;
    if (since_yield < bytes_before_yield) continue;
    since_yield = 0;
    co_await yield();
    check_before_wait();
  }
  worker_.pipes().give_back(std::move(pipe));
  co_return moved;
}

}  // namespace portlab
