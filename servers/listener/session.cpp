#include "servers/listener/session.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

#include "common/text.hpp"
#include "servers/listener/worker.hpp"

namespace portlab {

namespace {

using Status = ByteStream::Status;

/// A peer that reads nothing of our output for this long is disconnected.
constexpr std::chrono::seconds write_stall_max{30};
/// The slowest reader that is served: large output has this much more time, 16 KiB per second.
constexpr std::size_t slowest_bytes_per_second = std::size_t{16} * 1024;
/// Bytes written before the other sessions run. A file's deadline starts again after this many
/// bytes.
constexpr std::size_t bytes_before_yield = std::size_t{1} << 20;
/// Replies written before the other sessions run: a client can send many requests in one packet.
constexpr int writes_before_yield = 4;
/// How long, and how many bytes, close_in_order() reads until the peer's FIN.
constexpr std::chrono::seconds linger_max{2};
constexpr std::size_t linger_bytes_max = std::size_t{1} << 20;

static_assert(bytes_before_yield / slowest_bytes_per_second >= 1,
              "each file part has time of its own");

/// How long a peer may need to read that many bytes.
std::chrono::seconds time_to_read(std::size_t bytes) {
  return write_stall_max + std::chrono::seconds(bytes / slowest_bytes_per_second);
}

}  // namespace

// ---- deadlines

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
  // Cancelled by race(): this wait has ended, the session has not.
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

// ---- the row

Session::Session(Worker& worker, FileDescriptor socket, Quota::Permit permit, SessionInfo info)
    : TimedSocket(worker, std::move(socket)),
      info_(std::move(info)),
      id_(worker.next_session_id()),
      began_(Clock::now()),
      stream_(TimedSocket::socket()),
      permit_(std::move(permit)) {}

Session::~Session() {
  worker().session_closed(*this);
  if (buffer_) return_buffer();
}

void Session::end(EndReason reason) {
  if (ended() != EndReason::none) return;
  const bool has_final_reply = reason == EndReason::deadline || reason == EndReason::stop;
  if (has_final_reply && !final_reply_.empty() && !fin_sent_) {
    // One attempt: if it does not fit into the socket's buffer, the peer is not reading.
    const auto sent = stream_.write(final_reply_, {}, false);
    bytes_out_ += sent.bytes;
  }
  TimedSocket::end(reason);
}

SessionRow Session::row(Clock::time_point now) const {
  SessionRow row;
  row.id = id_;
  row.parent_id = info_.parent_id;
  row.service = info_.service;
  row.local = info_.local;
  row.remote = info_.remote;
  row.age_seconds = std::chrono::duration<double>(now - began_).count();
  row.bytes_in = bytes_in_;
  row.bytes_out = bytes_out_;
  row.note = note_;
  return row;
}

void Session::note(std::string_view text) {
  note_ = displayable(text, note_bytes_max);
  worker().session_noted(*this);
}

// ---- input

std::string_view Session::pending() const {
  return {buffer_.get() + buffer_begin_, buffer_end_ - buffer_begin_};
}

void Session::consume(std::size_t count) {
  buffer_begin_ += static_cast<std::uint32_t>(std::min(count, pending().size()));
}

void Session::drop_after(std::size_t count) {
  buffer_end_ = buffer_begin_ + static_cast<std::uint32_t>(std::min(count, pending().size()));
}

void Session::return_buffer() { worker().buffers().give_back(std::move(buffer_)); }

void Session::release_empty_buffer() {
  if (!buffer_ || buffer_begin_ != buffer_end_) return;
  return_buffer();
  buffer_begin_ = buffer_end_ = 0;
}

void Session::prepare_buffer() {
  if (!buffer_) buffer_ = worker().buffers().take();
  // Waiting for memory instead would let clients that hold buffers stop all others.
  if (!buffer_) throw_ended(EndReason::limit);
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
    // The same as wait_until(), without its coroutine frame: an idle session waits here.
    check_before_wait();
    auto wait = socket_.async_wait(AsyncSocket::Event::readable);
    const auto [failed] = co_await std::move(wait);
    check_after_wait(failed);
    bytes_since_yield_ = writes_since_yield_ = 0;
    if (const auto more = try_receive()) co_return *more;
  }
}

Task<Bytes> Session::read_some() {
  if (pending().empty() && !peer_closed_) {
    release_empty_buffer();
    for (bool waiting = true; waiting;) {  // as in receive(), without its coroutine frame
      check_before_wait();
      auto wait = socket_.async_wait(AsyncSocket::Event::readable);
      const auto [failed] = co_await std::move(wait);
      check_after_wait(failed);
      bytes_since_yield_ = writes_since_yield_ = 0;
      waiting = !try_receive().has_value();
    }
  }
  const auto bytes = as_bytes(pending());
  consume(bytes.size());
  co_return bytes;
}

std::optional<bool> Session::try_receive() {
  prepare_buffer();
  const auto room = Connection::input_bytes_max - buffer_end_;
  const auto got = stream_.read({buffer_.get() + buffer_end_, room});
  if (got.status == Status::transferred) {
    if (got.bytes == room) socket_.mark_readable();
    buffer_end_ += static_cast<std::uint32_t>(got.bytes);
    bytes_in_ += got.bytes;
    return true;
  }
  release_empty_buffer();
  if (got.status == Status::broken) throw_ended(EndReason::reset);
  if (got.status != Status::end_of_stream) return std::nullopt;
  peer_closed_ = true;
  return false;
}

// ---- output

Task<void> Session::write(std::string_view head, std::string_view body, Next next) {
  if (ended() != EndReason::none) throw_ended(ended());
  // FIN travels in the packet of the last bytes, too.
  const bool more = next != Next::nothing;
  const auto bytes = head.size() + body.size();
  const auto deadline_before = deadline();
  while (!head.empty() || !body.empty()) {
    const auto sent = stream_.write(head, body, more);
    if (sent.status == Status::transferred) {
      bytes_out_ += sent.bytes;
      const auto from_head = std::min(sent.bytes, head.size());
      head.remove_prefix(from_head);
      body.remove_prefix(sent.bytes - from_head);
      continue;
    }
    if (sent.status != Status::wait_writable) throw_ended(EndReason::reset);
    // One deadline for all of it: a peer that reads a byte now and then does not extend it.
    if (!writing_) set_deadline(Clock::now() + time_to_read(head.size() + body.size()));
    writing_ = true;
    co_await wait_until(AsyncSocket::Event::writable);
  }
  if (writing_) set_deadline(deadline_before);
  writing_ = false;
  if (next == Next::end) {
    if (!skip_linger_) stream_.shutdown_write();  // otherwise close() follows, which sends FIN
    fin_sent_ = true;
    co_return;
  }
  bytes_since_yield_ += static_cast<std::uint32_t>(std::min(bytes, bytes_before_yield));
  ++writes_since_yield_;
  if (bytes_since_yield_ >= bytes_before_yield || writes_since_yield_ >= writes_before_yield)
    co_await yield();
}

Task<void> Session::send_file(int file, ByteRange range) {
  auto offset = static_cast<off_t>(range.offset);
  while (range.length > 0) {
    const auto part = std::min<std::uint64_t>(range.length, bytes_before_yield);
    range.length -= part;
    set_deadline(Clock::now() + time_to_read(part));
    co_await send_file_part(file, offset, part);
    if (range.length > 0) co_await yield();
  }
}

Task<void> Session::send_file_part(int file, off_t& offset, std::uint64_t left) {
  if (ended() != EndReason::none) throw_ended(ended());
  while (left > 0) {
    const auto sent = stream_.write_file(file, offset, left);
    if (sent.status == Status::transferred) {
      bytes_out_ += sent.bytes;
      left -= sent.bytes;
      continue;
    }
    // end_of_stream: the file became shorter, and the length is already promised to the peer.
    if (sent.status != Status::wait_writable) throw_ended(EndReason::reset);
    co_await wait_until(AsyncSocket::Event::writable);
  }
}

Task<void> Session::yield() {
  bytes_since_yield_ = writes_since_yield_ = 0;
  co_await asio::post(worker().loop(), use_task);
}

// ---- messages and the end

void Session::start_idle_timeout(std::string_view final_reply) {
  between_messages_ = true;
  final_reply_ = final_reply;
  set_deadline(Clock::now() + worker().idle_limit());
  if (worker().stopping() && idle()) end(EndReason::stop);
}

void Session::set_message_deadline(std::chrono::seconds limit, std::string_view final_reply) {
  between_messages_ = false;
  final_reply_ = final_reply;
  set_deadline(Clock::now() + limit);
}

bool Session::idle() const {
  return between_messages_ && !writing_ && pending().empty() && !stream_.has_unread();
}

Task<void> Session::close_in_order() {
  if (!fin_sent_) stream_.shutdown_write();
  final_reply_ = {};
  set_deadline(Clock::now() + linger_max);
  std::array<char, 4096> discarded;
  std::size_t left = linger_bytes_max;
  while (!peer_closed_) {
    const auto got = stream_.read(discarded);
    if (got.status == Status::transferred && got.bytes < left) {
      left -= got.bytes;
      continue;
    }
    if (got.status != Status::wait_readable || skip_linger_) co_return;
    co_await wait_until(AsyncSocket::Event::readable);
  }
}

}  // namespace portlab
