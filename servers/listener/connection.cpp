#include "servers/listener/connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/system/peer_credentials.hpp"
#include "common/text.hpp"
#include "servers/listener/tls_stream.hpp"
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
/// From accept to the end of the TLS handshake.
constexpr std::chrono::seconds handshake_max{10};
/// The most that OpenSSL stores of a handshake: a ClientHello may have 128 KiB.
constexpr std::size_t handshake_bytes_max = std::size_t{128} * 1024;
static_assert(handshake_bytes_max * Limits{}.sessions_per_address_max <= Limits{}.buffer_bytes_max,
              "one address alone can't take all memory for handshakes");

static_assert(bytes_before_yield / slowest_bytes_per_second >= 1,
              "each file part has time of its own");

/// How long a peer may need to read that many bytes.
std::chrono::seconds time_to_read(std::size_t bytes) {
  return write_stall_max + std::chrono::seconds(bytes / slowest_bytes_per_second);
}

/// Memory of a budget, until the end of the scope.
class TakenMemory {
 public:
  TakenMemory(MemoryBudget& budget, std::size_t bytes)
      : budget_(budget), bytes_(bytes), taken_(budget.take(bytes)) {}
  TakenMemory(const TakenMemory&) = delete;
  TakenMemory& operator=(const TakenMemory&) = delete;
  ~TakenMemory() {
    if (taken_) budget_.give_back(bytes_);
  }
  /// Whether the budget had as much.
  explicit operator bool() const { return taken_; }

 private:
  MemoryBudget& budget_;
  const std::size_t bytes_;
  const bool taken_;
};

bool is_blocked(Status status) {
  return status == Status::wait_readable || status == Status::wait_writable;
}

/// What a blocked call waits for. Over TLS a read can wait to write, and a write to read.
AsyncSocket::Event event_of(Status status) {
  return status == Status::wait_writable ? AsyncSocket::Event::writable
                                         : AsyncSocket::Event::readable;
}

/// The certificate of the listener's service; null: it is a plain one.
std::shared_ptr<const TlsContext> tls_of(const Listener* listener) {
  if (listener == nullptr || !listener->service->tls) return nullptr;
  auto context = listener->service->tls->get();
  if (!context) throw std::logic_error("a listener over TLS has no certificate");
  return context;
}

}  // namespace

Connection::Connection(Worker& worker, FileDescriptor socket, Quota::Permit permit, SessionRow row,
                       std::shared_ptr<const Listener> listener)
    : TimedSocket(worker, std::move(socket)),
      row_(std::move(row)),
      began_(Clock::now()),
      listener_(std::move(listener)),
      stream_(socket_.get(), tls_of(listener_.get()).get()),
      permit_(std::move(permit)) {}

Connection::~Connection() {
  worker_.session_closed(*this);
  if (buffer_) worker_.buffers().give_back(std::move(buffer_));
  worker_.kept_memory().give_back(kept_bytes_);
  worker_.input_memory().give_back(incomplete_record_bytes_);
}

bool Connection::keep_bytes(std::size_t bytes) {
  auto& memory = worker_.kept_memory();
  if (bytes > kept_bytes_ && !memory.take(bytes - kept_bytes_)) return false;
  if (bytes < kept_bytes_) memory.give_back(kept_bytes_ - bytes);
  kept_bytes_ = static_cast<std::uint32_t>(bytes);
  return true;
}

// ---- the row

SessionRow Connection::row(Clock::time_point now) const {
  auto row = row_;
  row.age_seconds = std::chrono::duration<double>(now - began_).count();
  return row;
}

void Connection::note(std::string_view text) {
  row_.note = displayable(text, note_bytes_max);
  worker_.session_noted(*this);
}

bool Connection::is_admin() const { return listener_ && listener_->service->is_admin; }

std::string_view Connection::argument() const {
  return listener_ ? std::string_view(listener_->argument) : std::string_view();
}

std::uint64_t Connection::poll_generation() const { return worker_.reactor().poll_generation(); }

std::optional<std::uint32_t> Connection::peer_user_id() const {
  if (local().transport != Transport::local) return std::nullopt;
  const auto peer = peer_credentials(socket_.get());
  return peer ? std::optional<std::uint32_t>(peer->uid) : std::nullopt;
}

// ---- TLS

Task<bool> Connection::handshake() {
  auto* const tls = stream_.tls();
  if (tls == nullptr) co_return true;
  set_deadline(Clock::now() + handshake_max);
  co_await wait_until(AsyncSocket::Event::readable);
  // A client that has sent nothing takes no memory of OpenSSL's, and is not counted.
  std::optional<TakenMemory> memory(std::in_place, worker_.input_memory(), handshake_bytes_max);
  if (!*memory) throw_ended(EndReason::limit);
  for (;;) {
    const auto done = tls->handshake();
    if (done.may_have_more) socket_.mark_readable();
    if (done.status == Status::transferred) {
      row_.tls = tls->version();
      worker_.session_noted(*this);
      memory.reset();
      count_incomplete_record();
      co_return true;
    }
    if (!is_blocked(done.status)) break;
    co_await wait_until(event_of(done.status));
  }
  note("TLS handshake failed: " + tls->handshake_error());
  if (tls->peer_speaks_plain_http())
    row_.bytes_out += tls->write_plain(listener_->service->stream->no_tls_reply()).bytes;
  co_return false;
}

// ---- input

std::string_view Connection::pending() const {
  return {buffer_.get() + buffer_begin_, buffer_end_ - buffer_begin_};
}

void Connection::consume(std::size_t count) {
  buffer_begin_ += static_cast<std::uint32_t>(std::min(count, pending().size()));
}

void Connection::release_empty_buffer() {
  if (!buffer_ || buffer_begin_ != buffer_end_) return;
  worker_.buffers().give_back(std::move(buffer_));
  buffer_begin_ = buffer_end_ = 0;
}

void Connection::prepare_buffer() {
  if (!buffer_) buffer_ = worker_.buffers().take();
  // Waiting for memory instead would let clients that hold buffers stop all others.
  if (!buffer_) throw_ended(EndReason::limit);
  if (buffer_begin_ == 0) return;
  std::memmove(buffer_.get(), buffer_.get() + buffer_begin_, pending().size());
  buffer_end_ -= buffer_begin_;
  buffer_begin_ = 0;
}

Task<bool> Connection::receive() {
  if (peer_closed_) co_return false;
  if (pending().size() >= Connection::input_bytes_max) throw_ended(EndReason::limit);
  release_empty_buffer();
  for (;;) {
    // The same as wait_until(), without its coroutine frame: an idle session waits here.
    check_before_wait();
    auto wait = socket_.async_wait(read_event_);
    const auto [failed] = co_await std::move(wait);
    check_after_wait(failed);
    bytes_since_yield_ = writes_since_yield_ = 0;
    if (const auto more = try_receive()) co_return *more;
  }
}

Task<Bytes> Connection::read_some() {
  if (pending().empty()) co_await receive();
  const auto bytes = as_bytes(pending());
  consume(bytes.size());
  co_return bytes;
}

void Connection::count_incomplete_record() {
  const auto bytes = static_cast<std::uint32_t>(stream_.incomplete_input_bytes());
  if (bytes == incomplete_record_bytes_) return;
  auto& memory = worker_.input_memory();
  memory.give_back(std::exchange(incomplete_record_bytes_, 0));
  if (!memory.take(bytes)) throw_ended(EndReason::limit);
  incomplete_record_bytes_ = bytes;
}

ByteStream::Result Connection::read_stream(std::span<char> buffer) {
  const auto got = stream_.read(buffer);
  count_incomplete_record();
  return got;
}

std::optional<bool> Connection::try_receive() {
  prepare_buffer();
  const auto room = Connection::input_bytes_max - buffer_end_;
  const auto got = read_stream({buffer_.get() + buffer_end_, room});
  read_event_ = event_of(got.status);
  if (got.status == Status::transferred) {
    if (got.may_have_more) socket_.mark_readable();
    buffer_end_ += static_cast<std::uint32_t>(got.bytes);
    row_.bytes_in += got.bytes;
    return true;
  }
  release_empty_buffer();
  if (got.status == Status::broken) throw_ended(EndReason::reset);
  if (got.may_have_more) socket_.mark_readable();  // TLS: a record without data was read
  if (got.status != Status::end_of_stream) return std::nullopt;
  peer_closed_ = true;
  return false;
}

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
      searched = limit + 2;
      buffer_end_ = buffer_begin_ + static_cast<std::uint32_t>(searched);
    }
    const bool more = co_await receive();
    if (!more) co_return std::nullopt;
  }
}

// ---- output

Task<void> Connection::write(std::string_view head, std::string_view body) {
  return write(head, body, Next::nothing);
}

Task<void> Connection::write_more(std::string_view bytes) { return write(bytes, {}, Next::more); }

Task<void> Connection::write_and_shutdown(std::string_view bytes) {
  return write(bytes, {}, Next::end);
}

Task<void> Connection::write(std::string_view head, std::string_view body, Next next) {
  check_before_wait();
  // The packet of the last bytes has the FIN, too.
  const bool more = next != Next::nothing;
  const auto bytes = head.size() + body.size();
  const auto deadline_before = deadline();
  while (!head.empty() || !body.empty()) {
    const auto sent = stream_.write(head, body, more);
    if (sent.status == Status::transferred) {
      row_.bytes_out += sent.bytes;
      const auto from_head = std::min(sent.bytes, head.size());
      head.remove_prefix(from_head);
      body.remove_prefix(sent.bytes - from_head);
      continue;
    }
    if (!is_blocked(sent.status)) throw_ended(EndReason::reset);
    // One deadline for all of it: a peer that reads a byte now and then does not extend it.
    if (!writing_) set_deadline(Clock::now() + time_to_read(head.size() + body.size()));
    writing_ = true;
    co_await wait_until(event_of(sent.status));
  }
  if (writing_) set_deadline(deadline_before);
  writing_ = false;
  if (next == Next::end) {
    co_await finish_output();
    co_return;
  }
  bytes_since_yield_ += static_cast<std::uint32_t>(std::min(bytes, bytes_before_yield));
  ++writes_since_yield_;
  if (bytes_since_yield_ >= bytes_before_yield || writes_since_yield_ >= writes_before_yield)
    co_await yield();
}

Task<void> Connection::send_file(File file, ByteRange range) {
  auto offset = static_cast<off_t>(range.offset);
  while (range.length > 0) {
    auto left = std::min<std::uint64_t>(range.length, bytes_before_yield);
    range.length -= left;
    set_deadline(Clock::now() + time_to_read(left));
    while (left > 0) {
      check_before_wait();
      const auto sent = stream_.write_file(file.descriptor(), offset, left);
      if (sent.status == Status::transferred) {
        row_.bytes_out += sent.bytes;
        left -= sent.bytes;
        continue;
      }
      // end_of_stream: the file became shorter, and the length is already promised to the peer.
      if (!is_blocked(sent.status)) throw_ended(EndReason::reset);
      co_await wait_until(event_of(sent.status));
    }
    if (range.length > 0) co_await yield();
  }
}

Task<void> Connection::finish_output() {
  for (;;) {
    // Without a linger close() follows, which sends the FIN.
    const auto status = skip_linger_ ? stream_.close_notify() : stream_.shutdown_write();
    if (!is_blocked(status)) break;
    co_await wait_until(event_of(status));
  }
  fin_sent_ = true;
}

Task<void> Connection::yield() {
  bytes_since_yield_ = writes_since_yield_ = 0;
  co_await asio::post(worker_.loop(), use_task);
}

// ---- messages and the end

void Connection::begin(Phase phase, Clock::time_point deadline, std::string_view final_reply,
                       std::string_view stop_reply) {
  phase_ = phase;
  final_reply_ = final_reply;
  stop_reply_ = stop_reply.empty() ? final_reply : stop_reply;
  set_deadline(deadline);
  if (worker_.stopping() && ends_at_stop()) end(EndReason::stop);
}

void Connection::start_idle_timeout(std::string_view final_reply, std::string_view stop_reply) {
  begin(Phase::between_messages, Clock::now() + worker_.idle_limit(), final_reply, stop_reply);
}

void Connection::set_message_deadline(std::chrono::seconds limit, std::string_view final_reply) {
  begin(Phase::message, Clock::now() + limit, final_reply, {});
}

void Connection::suspend_deadline() { begin(Phase::stream, Clock::time_point::max(), {}, {}); }

bool Connection::ends_at_stop() const {
  /// A relay does not know where messages end. One that has moved no byte for as long as a stop
  /// waits for sessions is not expected to end in that time.
  constexpr std::chrono::seconds silence{5};
  if (phase_ == Phase::relay) return Clock::now() >= deadline() - worker_.idle_limit() + silence;
  if (phase_ == Phase::stream) return true;
  return phase_ == Phase::between_messages && !writing_ && pending().empty() &&
         !stream_.has_unread();
}

void Connection::end(EndReason reason) {
  if (ended() != EndReason::none) return;
  const auto reply = reason == EndReason::deadline ? final_reply_
                     : reason == EndReason::stop   ? stop_reply_
                                                   : std::string_view();
  // Not into the middle of another reply.
  if (!reply.empty() && !fin_sent_ && !writing_) {
    // One attempt: if it does not fit into the socket's buffer, the peer is not reading.
    const auto sent = stream_.write(reply, {}, false);
    row_.bytes_out += sent.bytes;
  }
  TimedSocket::end(reason);
}

Task<void> Connection::wait_disconnect() {
  co_await wait_until(AsyncSocket::Event::broken);
  throw_ended(EndReason::reset);
}

Task<void> Connection::pause(std::chrono::milliseconds time) {
  Timer timer(worker_.loop(), time);
  co_await timer.async_wait(use_task);
}

Task<void> Connection::close_in_order() {
  final_reply_ = stop_reply_ = {};
  set_deadline(Clock::now() + linger_max);
  if (!fin_sent_) co_await finish_output();
  std::array<char, 4096> discarded;
  std::size_t left = linger_bytes_max;
  while (!peer_closed_) {
    const auto got = read_stream(discarded);
    if (got.status == Status::transferred && got.bytes < left) {
      left -= got.bytes;
      continue;
    }
    if (got.may_have_more) socket_.mark_readable();
    if (!is_blocked(got.status) || skip_linger_) co_return;
    co_await wait_until(event_of(got.status));
  }
}

}  // namespace portlab
