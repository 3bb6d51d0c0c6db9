#include "servers/listener/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <new>

#include "servers/listener/tls_context.hpp"

namespace portlab {

namespace {

/// The most data in one record (RFC 8446 section 5.1).
constexpr std::size_t record_bytes_max = std::size_t{16} * 1024;

/// OpenSSL's functions return the number of bytes as an int.
int bounded(std::size_t bytes) { return static_cast<int>(std::min<std::size_t>(bytes, INT_MAX)); }

bool is_blocked(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

/// The BIO between OpenSSL and the socket.
struct TlsBio {
  static TlsStream& stream_of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* buffer, int size) {
    BIO_clear_retry_flags(bio);
    auto& stream = stream_of(bio);
    const auto count = ::recv(stream.socket_, buffer, static_cast<std::size_t>(size), MSG_DONTWAIT);
    stream.socket_empty_ = count < size;
    stream.at_end_ = count == 0;
    stream.blocked_ = count < 0 && is_blocked(errno);
    if (stream.blocked_) BIO_set_retry_read(bio);
    return static_cast<int>(count);
  }

  static int write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto& stream = stream_of(bio);
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (stream.more_follows_ ? MSG_MORE : 0);
    const auto count = ::send(stream.socket_, bytes, static_cast<std::size_t>(size), flags);
    if (count < 0 && is_blocked(errno)) BIO_set_retry_write(bio);
    return static_cast<int>(count);
  }

  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return stream_of(bio).at_end_ ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "portlab");
      if (method == nullptr) throw std::bad_alloc();
      BIO_meth_set_read(method, read);
      BIO_meth_set_write(method, write);
      BIO_meth_set_ctrl(method, control);
      return method;
    }();
    return made;
  }
};

void TlsStream::Free::operator()(ssl_st* connection) const { SSL_free(connection); }

TlsStream::TlsStream(const TlsContext& context, int socket)
    : connection_(SSL_new(context.get())), socket_(socket) {
  BIO* bio = connection_ ? BIO_new(TlsBio::method()) : nullptr;
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(connection_.get(), bio, bio);
  SSL_set_accept_state(connection_.get());
}

TlsStream::~TlsStream() = default;

TlsStream::Result TlsStream::result_of(int returned) {
  switch (SSL_get_error(connection_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return {Status::wait_readable, 0, !blocked_};  // without AUTO_RETRY also after a record
    case SSL_ERROR_WANT_WRITE:
      return {Status::wait_writable, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {Status::end_of_stream, 0};
    default:
      phase_ = phase_ == Phase::handshake ? Phase::handshake_failed : Phase::broken;
      return {Status::broken, 0};
  }
}

TlsStream::Result TlsStream::handshake() {
  ERR_clear_error();
  blocked_ = false;
  const int returned = SSL_do_handshake(connection_.get());
  if (returned == 1) {
    phase_ = Phase::open;
    return {Status::transferred, 0, has_unread() || !socket_empty_};
  }
  const auto error = ERR_peek_error();
  const auto result = result_of(returned);
  if (result.status == Status::wait_readable || result.status == Status::wait_writable)
    return result;
  phase_ = Phase::handshake_failed;
  error_ = error;
  return {Status::broken, 0};
}

std::string_view TlsStream::version() const {
  const std::string_view name = SSL_get_version(connection_.get());  // "TLSv1.3"
  constexpr std::string_view prefix = "TLSv";
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

std::string TlsStream::handshake_error() const {
  if (error_ == 0) return "the client closed the connection";
  if (peer_speaks_plain_http()) return "the client sends HTTP without TLS";
  const int reason = ERR_GET_REASON(error_);
  if (ERR_GET_LIB(error_) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET)
    return std::string("the client's alert: ") +
           SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
  const char* text = ERR_reason_error_string(error_);
  return text == nullptr ? "unknown error" : text;
}

bool TlsStream::peer_speaks_plain_http() const {
  const auto reason = ERR_GET_REASON(error_);
  return ERR_GET_LIB(error_) == ERR_LIB_SSL &&
         (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST);
}

TlsStream::Result TlsStream::write_plain(std::string_view bytes) {
  const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count <= 0) return {Status::broken, 0};
  return {Status::transferred, static_cast<std::size_t>(count)};
}

TlsStream::Result TlsStream::read(std::span<char> buffer) {
  if (phase_ == Phase::broken) return {Status::broken, 0};
  if (phase_ == Phase::handshake_failed) {
    const auto count = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0)
      return {Status::transferred, static_cast<std::size_t>(count),
              static_cast<std::size_t>(count) == buffer.size()};
    if (count == 0) return {Status::end_of_stream, 0};
    return {is_blocked(errno) ? Status::wait_readable : Status::broken, 0};
  }
  more_follows_ = false;
  std::size_t total = 0;
  while (total < buffer.size()) {
    ERR_clear_error();
    blocked_ = false;
    const int returned =
        SSL_read(connection_.get(), buffer.data() + total, bounded(buffer.size() - total));
    if (returned <= 0) {
      const auto result = result_of(returned);
      if (total == 0) return result;
      return {Status::transferred, total,
              result.may_have_more || result.status != Status::wait_readable};
    }
    total += static_cast<std::size_t>(returned);
    if (socket_empty_ && !has_unread()) return {Status::transferred, total, false};
  }
  return {Status::transferred, total, true};
}

TlsStream::Result TlsStream::write(std::string_view bytes, bool more) {
  if (phase_ != Phase::open) return {Status::broken, 0};
  more_follows_ = more;
  ERR_clear_error();
  const int returned = SSL_write(connection_.get(), bytes.data(), bounded(bytes.size()));
  if (returned > 0) return {Status::transferred, static_cast<std::size_t>(returned)};
  return result_of(returned);
}

TlsStream::Result TlsStream::write(std::string_view head, std::string_view body, bool more) {
  if (head.empty() || body.empty() || head.size() >= record_bytes_max)
    return write(head.empty() ? body : head, more || (!head.empty() && !body.empty()));
  // In one record. The same again after wait_writable: the two parts are the same then.
  std::array<char, record_bytes_max> both;
  const auto from_body = std::min(body.size(), both.size() - head.size());
  std::memcpy(both.data(), head.data(), head.size());
  std::memcpy(both.data() + head.size(), body.data(), from_body);
  return write({both.data(), head.size() + from_body}, more || from_body < body.size());
}

TlsStream::Result TlsStream::write_file(int file, off_t& offset, std::size_t count) {
  std::array<char, record_bytes_max> piece;
  ssize_t got = 0;
  do got = ::pread(file, piece.data(), std::min(count, piece.size()), offset);
  while (got < 0 && errno == EINTR);
  if (got == 0) return {Status::end_of_stream, 0};
  if (got < 0) return {Status::broken, 0};
  const auto size = static_cast<std::size_t>(got);
  const auto result = write({piece.data(), size}, size < count);
  offset += static_cast<off_t>(result.bytes);
  return result;
}

ByteStream::Status TlsStream::close_notify() {
  if (phase_ != Phase::open) return Status::transferred;
  more_follows_ = false;
  ERR_clear_error();
  // 0: sent, and the peer's is still to come; 1: both.
  const int returned = SSL_shutdown(connection_.get());
  return returned >= 0 ? Status::transferred : result_of(returned).status;
}

bool TlsStream::has_unread() const { return SSL_has_pending(connection_.get()) == 1; }

std::size_t TlsStream::incomplete_input_bytes() const {
  // Of a record whose header was read, and nothing else, no byte counts as pending.
  const bool reads_body = std::string_view(SSL_rstate_string(connection_.get())) == "RB";
  const bool reads_message = phase_ == Phase::open && SSL_in_init(connection_.get()) != 0;
  return (has_unread() || reads_body ? record_buffer_bytes : 0) +
         (reads_message ? message_buffer_bytes : 0);
}

}  // namespace portlab
