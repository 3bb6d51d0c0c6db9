#include "servers/listener/byte_stream.hpp"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

namespace portlab {

namespace {

using Result = ByteStream::Result;
using Status = ByteStream::Status;

/// The result of a system call that returned `count`; `when_blocked`: what EAGAIN means.
Result result_of(ssize_t count, Status when_blocked) {
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

Result ByteStream::read(std::span<char> buffer) {
  ssize_t count = 0;
  do {
    count = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  return result_of(count, Status::wait_readable);
}

Result ByteStream::write(std::string_view head, std::string_view body, bool more) {
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  ssize_t count = 0;
  do {
    count = send_parts(socket_, head, body, flags);
  } while (count < 0 && errno == EINTR);
  return result_of(count, Status::wait_writable);
}

Result ByteStream::write_file(int file, off_t& offset, std::size_t count) {
  ssize_t sent = 0;
  do {
    sent = ::sendfile(socket_, file, &offset, count);
  } while (sent < 0 && errno == EINTR);
  return result_of(sent, Status::wait_writable);
}

void ByteStream::shutdown_write() { ::shutdown(socket_, SHUT_WR); }

bool ByteStream::has_unread() const {
  char byte = 0;
  return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace portlab
