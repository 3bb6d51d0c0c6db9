#include "servers/listener/session.hpp"

#include <sys/sendfile.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/text.hpp"
#include "servers/listener/worker.hpp"

namespace portlab {

namespace {

/// A peer that takes nothing for this long is gone, or does us no good.
constexpr std::chrono::seconds write_stall_max{30};
/// Beyond that, the slowest reader that is borne: 16 KiB/s.
constexpr std::size_t slowest_bytes_per_second = std::size_t{16} * 1024;
/// A file's deadline is stamped anew after each such piece. And the others have their turn, or a
/// reader as fast as we are would keep the loop from them,
constexpr std::size_t piece_bytes_max = std::size_t{1} << 20;
/// as after so many answers to somebody who asks much in advance.
constexpr int writes_in_a_row_max = 4;
/// How long, and how much, a close waits for the peer's own.
constexpr std::chrono::seconds linger_max{2};
constexpr std::size_t linger_bytes_max = std::size_t{1} << 20;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

/// How long a peer may need for that many bytes of ours.
std::chrono::seconds time_to_take(std::size_t bytes) {
  return write_stall_max + std::chrono::seconds(bytes / slowest_bytes_per_second);
}

ssize_t send_parts(int socket, std::string_view head, std::string_view body, int flags) {
  flags |= MSG_DONTWAIT | MSG_NOSIGNAL;
  if (body.empty()) return ::send(socket, head.data(), head.size(), flags);
  std::array<iovec, 2> parts{iovec{const_cast<char*>(head.data()), head.size()},
                             iovec{const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = head.empty() ? &parts[1] : parts.data();
  message.msg_iovlen = head.empty() ? 1 : 2;
  return ::sendmsg(socket, &message, flags);
}

}  // namespace

BufferPool::Buffer BufferPool::take() {
  if (kept_.empty()) return Buffer(new char[Connection::input_bytes_max]);
  auto buffer = std::move(kept_.back());
  kept_.pop_back();
  return buffer;
}

void BufferPool::give_back(Buffer buffer) {
  if (kept_.size() < kept_max) kept_.push_back(std::move(buffer));
}

TimedSocket::TimedSocket(Worker& worker, FileDescriptor socket)
    : socket_(worker.reactor(), std::move(socket)),
      worker_(worker),
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
  if (ended_ != EndReason::none) throw_ended(ended_);
}

void TimedSocket::check_after_wait(const boost::system::error_code& failed) {
  if (ended_ != EndReason::none) throw_ended(ended_);
  // Cancelled by race: this wait is over, the session is not.
  if (failed) throw SessionEnded(EndReason::reset);
}

Task<void> TimedSocket::wait_until(AsyncSocket::Event event) {
  check_before_wait();
  auto wait = socket_.async_wait(event);
  const auto [failed] = co_await std::move(wait);
  check_after_wait(failed);
}

Task<void> TimedSocket::wait_disconnect() {
  co_await wait_until(AsyncSocket::Event::broken);
  throw_ended(EndReason::reset);
}

Session::Session(Worker& worker, FileDescriptor socket, Quota::Permit permit, const Origin& origin,
                 Ends ends)
    : TimedSocket(worker, std::move(socket)),
      service_(origin.service),
      id_(worker.next_session_id()),
      parent_id_(origin.parent_id),
      local_(std::move(ends.local)),
      remote_(std::move(ends.remote)),
      began_(Clock::now()),
      permit_(std::move(permit)),
      is_admin_(origin.is_admin) {}

Session::~Session() {
  worker().log_end(*this);
  if (buffer_) worker().buffers().give_back(std::move(buffer_));
}

void Session::end(EndReason reason) {
  if (ended() != EndReason::none) return;
  const bool say_farewell = reason == EndReason::deadline || reason == EndReason::stop;
  if (say_farewell && !farewell_.empty() && !fin_sent_) {
    // If it does not fit into the socket's buffer now, the peer is not reading: it has had its
    // chance.
    const auto sent =
        ::send(socket(), farewell_.data(), farewell_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) bytes_out_ += static_cast<std::uint64_t>(sent);
  }
  TimedSocket::end(reason);
}

SessionRow Session::row(Clock::time_point now) const {
  SessionRow row;
  row.id = id_;
  row.parent_id = parent_id_;
  row.service = service_;
  row.local = local_;
  row.remote = remote_;
  row.age_seconds = std::chrono::duration<double>(now - began_).count();
  row.bytes_in = bytes_in_;
  row.bytes_out = bytes_out_;
  row.note = note_;
  return row;
}

std::string_view Session::pending() const {
  return {buffer_.get() + buffer_begin_, buffer_end_ - buffer_begin_};
}

void Session::consume(std::size_t count) {
  buffer_begin_ += static_cast<std::uint32_t>(std::min(count, pending().size()));
}

void Session::drop_after(std::size_t count) {
  buffer_end_ = buffer_begin_ + static_cast<std::uint32_t>(std::min(count, pending().size()));
}

void Session::release_empty_buffer() {
  if (!buffer_ || buffer_begin_ != buffer_end_) return;
  worker().buffers().give_back(std::move(buffer_));
  buffer_begin_ = buffer_end_ = 0;
}

void Session::make_room() {
  if (!buffer_) buffer_ = worker().buffers().take();
  if (buffer_begin_ == 0) return;
  std::memmove(buffer_.get(), buffer_.get() + buffer_begin_, pending().size());
  buffer_end_ -= buffer_begin_;
  buffer_begin_ = 0;
}

Task<bool> Session::receive() {
  if (peer_closed_) co_return false;
  if (pending().size() >= Connection::input_bytes_max) throw_ended(EndReason::limit);
  release_empty_buffer();
  for (;;) {
    // What wait_until() does, without its frame: this is where an idle session lives.
    check_before_wait();
    auto wait = socket_.async_wait(AsyncSocket::Event::readable);
    const auto [failed] = co_await std::move(wait);
    check_after_wait(failed);
    bytes_this_turn_ = writes_this_turn_ = 0;
    if (const auto more = take_what_arrived()) co_return *more;
  }
}

Task<Bytes> Session::read_some() {
  if (pending().empty() && !peer_closed_) {
    release_empty_buffer();
    for (bool waiting = true; waiting;) {  // as in receive(), and for the same reason
      check_before_wait();
      auto wait = socket_.async_wait(AsyncSocket::Event::readable);
      const auto [failed] = co_await std::move(wait);
      check_after_wait(failed);
      bytes_this_turn_ = writes_this_turn_ = 0;
      waiting = !take_what_arrived().has_value();
    }
  }
  const auto bytes = as_bytes(pending());
  consume(bytes.size());
  co_return bytes;
}

std::optional<bool> Session::take_what_arrived() {
  make_room();
  const auto room = Connection::input_bytes_max - buffer_end_;
  const auto got = ::recv(socket(), buffer_.get() + buffer_end_, room, MSG_DONTWAIT);
  if (got > 0) {
    if (static_cast<std::size_t>(got) == room) socket_.mark_readable();
    buffer_end_ += static_cast<std::uint32_t>(got);
    bytes_in_ += static_cast<std::uint64_t>(got);
    return true;
  }
  const int error = errno;
  release_empty_buffer();
  if (got == 0) {
    peer_closed_ = true;
    return false;
  }
  if (!would_block(error) && error != EINTR) throw_ended(EndReason::reset);
  return std::nullopt;
}

Task<void> Session::write(std::string_view head, std::string_view body, Next next) {
  if (ended() != EndReason::none) throw_ended(ended());
  // Held back for a moment, so that what follows travels in the same packet.
  const int flags = next == Next::nothing ? 0 : MSG_MORE;
  const auto bytes = head.size() + body.size();
  const auto deadline_before = deadline();
  while (!head.empty() || !body.empty()) {
    const auto sent = send_parts(socket(), head, body, flags);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && !would_block(errno)) throw_ended(EndReason::reset);
    if (sent >= 0) {
      const auto count = static_cast<std::size_t>(sent);
      bytes_out_ += count;
      const auto from_head = std::min(count, head.size());
      head.remove_prefix(from_head);
      body.remove_prefix(count - from_head);
      continue;
    }
    // Stamped once for all of it, or a slow drip would never expire.
    if (!writing_) set_deadline(Clock::now() + time_to_take(head.size() + body.size()));
    writing_ = true;
    co_await wait_until(AsyncSocket::Event::writable);
  }
  if (writing_) set_deadline(deadline_before);
  writing_ = false;
  if (next == Next::end) {
    if (!peer_is_done_) ::shutdown(socket(), SHUT_WR);  // else close() is next, and does the same
    fin_sent_ = true;
    co_return;
  }
  bytes_this_turn_ += static_cast<std::uint32_t>(std::min(bytes, piece_bytes_max));
  ++writes_this_turn_;
  if (bytes_this_turn_ >= piece_bytes_max || writes_this_turn_ >= writes_in_a_row_max)
    co_await yield();
}

Task<void> Session::send_file(int file, ByteRange range) {
  auto offset = static_cast<off_t>(range.offset);
  while (range.length > 0) {
    const auto piece = std::min<std::uint64_t>(range.length, piece_bytes_max);
    range.length -= piece;
    set_deadline(Clock::now() + time_to_take(piece));
    co_await send_piece(file, offset, piece);
    if (range.length > 0) co_await yield();
  }
}

Task<void> Session::yield() {
  bytes_this_turn_ = writes_this_turn_ = 0;
  co_await asio::post(worker().loop(), use_task);
}

Task<void> Session::send_piece(int file, off_t& offset, std::uint64_t left) {
  if (ended() != EndReason::none) throw_ended(ended());
  while (left > 0) {
    const auto sent = ::sendfile(socket(), file, &offset, left);
    if (sent > 0) {
      bytes_out_ += static_cast<std::uint64_t>(sent);
      left -= static_cast<std::uint64_t>(sent);
      continue;
    }
    if (sent < 0 && errno == EINTR) continue;
    // 0: the file was cut short meanwhile, and the length that was promised can't be kept.
    if (sent == 0 || !would_block(errno)) throw_ended(EndReason::reset);
    co_await wait_until(AsyncSocket::Event::writable);
  }
}

void Session::start_idle_timeout(std::string_view farewell) {
  between_messages_ = true;
  farewell_ = farewell;
  set_deadline(Clock::now() + worker().idle_limit());
  if (worker().stopping() && idle()) end(EndReason::stop);
}

void Session::set_message_deadline(std::chrono::seconds limit, std::string_view farewell) {
  between_messages_ = false;
  farewell_ = farewell;
  set_deadline(Clock::now() + limit);
}

void Session::note(std::string_view text) {
  note_ = displayable(text, note_bytes_max);
  worker().log_note(*this, note_);
}

bool Session::idle() {
  if (!between_messages_ || writing_ || !pending().empty()) return false;
  char byte = 0;
  return ::recv(socket(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

Task<void> Session::close_in_order() {
  if (!fin_sent_) ::shutdown(socket(), SHUT_WR);
  farewell_ = {};
  set_deadline(Clock::now() + linger_max);
  std::array<char, 4096> discarded;
  std::size_t left = linger_bytes_max;
  while (!peer_closed_) {
    const auto got = ::recv(socket(), discarded.data(), discarded.size(), MSG_DONTWAIT);
    if (got > 0 && static_cast<std::size_t>(got) < left) {
      left -= static_cast<std::size_t>(got);
      continue;
    }
    if (got >= 0 || !would_block(errno) || peer_is_done_) co_return;
    co_await wait_until(AsyncSocket::Event::readable);
  }
}

}  // namespace portlab
