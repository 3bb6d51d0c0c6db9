#include "servers/listener/byte_stream.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

#include "servers/listener/tls_stream.hpp"

namespace portlab {

namespace {

using Result = ByteStream::Result;
using Status = ByteStream::Status;

/// The result of a system call; `when_blocked`: what EAGAIN means.
template <class SystemCall>
Result result_of(SystemCall call, Status when_blocked) {
  ssize_t count = 0;
  do count = call();
  while (count < 0 && errno == EINTR);
  if (count > 0) return {Status::transferred, static_cast<std::size_t>(count)};
  if (count == 0) return {Status::end_of_stream, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {when_blocked, 0};
  return {Status::broken, 0};
}

ssize_t send_parts(int socket, std::string_view head, std::string_view body, int flags) {
  if (body.empty()) return ::send(socket, head.data(), head.size(), flags);
  std::array<iovec, 2> parts{iovec{const_cast<char*>(head.data()), head.size()},
                             iovec{const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = head.empty() ? &parts[1] : parts.data();
  message.msg_iovlen = head.empty() ? 1 : 2;
  return ::sendmsg(socket, &message, flags);
}

}  // namespace

ByteStream::ByteStream(int socket, const TlsContext* tls)
    : socket_(socket), tls_(tls == nullptr ? nullptr : std::make_unique<TlsStream>(*tls, socket)) {}

ByteStream::~ByteStream() = default;

Result ByteStream::read(std::span<char> buffer) {
  if (tls_) return tls_->read(buffer);
  auto result =
      result_of([&] { return ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT); },
                Status::wait_readable);
  result.may_have_more = result.bytes == buffer.size();
  return result;
}

Result ByteStream::write(std::string_view head, std::string_view body, bool more) {
  if (tls_) return tls_->write(head, body, more);
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  return result_of([&] { return send_parts(socket_, head, body, flags); }, Status::wait_writable);
}

Result ByteStream::write_file(int file, off_t& offset, std::size_t count) {
  if (tls_) return tls_->write_file(file, offset, count);
  return result_of([&] { return ::sendfile(socket_, file, &offset, count); },
                   Status::wait_writable);
}

Result ByteStream::read_to_pipe(int write_end, std::size_t count) {
  if (tls_) return {};  // splice(2) would move what is encrypted
  return result_of(
      [&] {
        return ::splice(socket_, nullptr, write_end, nullptr, count,
                        SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      },
      Status::wait_readable);
}

Result ByteStream::write_from_pipe(int read_end, std::size_t count) {
  if (tls_) return {};
  return result_of(
      [&] {
        return ::splice(read_end, nullptr, socket_, nullptr, count,
                        SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      },
      Status::wait_writable);
}

void ByteStream::reset_at_close() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

Status ByteStream::close_notify() { return tls_ ? tls_->close_notify() : Status::transferred; }

Status ByteStream::shutdown_write() {
  const auto status = close_notify();
  if (status != Status::wait_readable && status != Status::wait_writable)
    ::shutdown(socket_, SHUT_WR);
  return status;
}

bool ByteStream::has_unread() const {
  if (tls_ && tls_->has_unread()) return true;
  char byte = 0;
  return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

std::size_t ByteStream::incomplete_input_bytes() const {
  return tls_ ? tls_->incomplete_input_bytes() : 0;
}

}  // namespace portlab
