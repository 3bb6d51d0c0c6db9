#include "clients/net/tls_session.hpp"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "clients/net/connection_failure.hpp"
#include "clients/net/openssl_pointers.hpp"
#include "clients/net/tls_failure.hpp"

namespace portlab {

struct TlsSession::Engine {
  std::unique_ptr<SSL, FreedBy<SSL_free>> ssl;
  std::string host;
  bool insecure = false;
  std::string first_bytes;  ///< that the server sent, as far as OpenSSL has read them
  CertificateFacts certificate;
  CertificateProblem problem;  ///< its code is X509_V_OK for a certificate that is verified

  SSL* get() const { return ssl.get(); }

  /// Takes the place of X509_verify_cert(3): keeps the result, and what the certificates say.
  static int verify(X509_STORE_CTX* verification, void*);
  /// Sees what is read from the socket: BIO_set_callback_ex(3).
  static long note_bytes(BIO* socket, int operation, const char* bytes, std::size_t, int, long,
                         int result, std::size_t* count);
};

namespace {

constexpr std::size_t first_bytes_max = 64;

/// A record of TLS begins with its type and its version (RFC 8446 section 5.1).
bool is_tls(std::string_view bytes) {
  constexpr char change_cipher_spec = 20;
  constexpr char application_data = 23;
  if (bytes.empty()) return true;
  const bool has_type = bytes[0] >= change_cipher_spec && bytes[0] <= application_data;
  return has_type && (bytes.size() < 2 || bytes[1] == 3);
}

int size_for_openssl(std::size_t size) {
  constexpr std::size_t most = 1 << 30;
  return static_cast<int>(std::min(size, most));
}

}  // namespace

int TlsSession::Engine::verify(X509_STORE_CTX* verification, void*) {
  const auto* const ssl = static_cast<SSL*>(
      X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& engine = *static_cast<Engine*>(SSL_get_app_data(ssl));
  const bool good = X509_verify_cert(verification) == 1;
  if (const auto* const own = X509_STORE_CTX_get0_cert(verification))
    engine.certificate = facts_of(*own);
  if (good) return 1;
  auto& problem = engine.problem;
  problem.code = X509_STORE_CTX_get_error(verification);
  if (problem.code == X509_V_OK) problem.code = X509_V_ERR_UNSPECIFIED;
  problem.is_the_servers = X509_STORE_CTX_get_error_depth(verification) == 0;
  const auto* const current = X509_STORE_CTX_get_current_cert(verification);
  problem.certificate = current != nullptr ? facts_of(*current) : engine.certificate;
  return engine.insecure ? 1 : 0;
}

long TlsSession::Engine::note_bytes(BIO* socket, int operation, const char* bytes, std::size_t, int,
                                    long, int result, std::size_t* count) {
  if (operation != (BIO_CB_READ | BIO_CB_RETURN) || result <= 0 || count == nullptr) return result;
  auto& first = reinterpret_cast<Engine*>(BIO_get_callback_arg(socket))->first_bytes;
  first.append(bytes, std::min(*count, first_bytes_max - first.size()));
  return result;
}

TlsSession::TlsSession(TlsClient& client, const std::string& host, int descriptor,
                       const Endpoint& remote)
    : host_(tls_host(host)),
      descriptor_(descriptor),
      remote_(remote),
      engine_(std::make_unique<Engine>()) {
  engine_->ssl.reset(client.new_session(host_));
  engine_->insecure = client.is_insecure();
  auto* const ssl = engine_->get();
  SSL_set_app_data(ssl, engine_.get());
  SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(SSL_get_SSL_CTX(ssl), Engine::verify, nullptr);
  if (SSL_set_fd(ssl, descriptor_) != 1) throw std::bad_alloc();
  BIO_set_callback_ex(SSL_get_rbio(ssl), Engine::note_bytes);
  BIO_set_callback_arg(SSL_get_rbio(ssl), reinterpret_cast<char*>(engine_.get()));
}

TlsSession::~TlsSession() = default;

bool TlsSession::shake_hands() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(engine_->get());
  if (result == 1) {
    read_facts();
    is_open_ = true;
    return true;
  }
  const int error = SSL_get_error(engine_->get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
  throw handshake_failure(result);
}

CommandError TlsSession::timed_out(const std::string& waited) const {
  return handshake_timed_out(remote_, host_, !engine_->first_bytes.empty(), waited);
}

/// What the server sent first; also what OpenSSL has not read.
std::string TlsSession::received() const {
  std::string bytes = engine_->first_bytes;
  std::string unread(first_bytes_max, '\0');
  const auto count = ::recv(descriptor_, unread.data(), unread.size(), MSG_PEEK | MSG_DONTWAIT);
  if (count > 0 && bytes.size() < first_bytes_max)
    bytes.append(unread, 0, static_cast<std::size_t>(count));
  return bytes;
}

CommandError TlsSession::handshake_failure(int result) {
  const int system_error = errno;
  const int error = SSL_get_error(engine_->get(), result);
  const int reason = ERR_GET_REASON(ERR_peek_error());
  const auto bytes = received();
  if (engine_->problem.code != X509_V_OK && reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return certificate_failure(remote_, host_, engine_->problem);
  if (!is_tls(bytes)) return no_tls_failure(remote_, host_, bytes);
  const bool failed_call = error == SSL_ERROR_SYSCALL && ERR_peek_error() == 0;
  const bool reset = failed_call && (system_error == ECONNRESET || system_error == EPIPE);
  const bool closed = (failed_call && system_error == 0) || error == SSL_ERROR_ZERO_RETURN ||
                      reason == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (closed || reset) return ended_in_handshake(remote_, host_, !bytes.empty(), reset);
  if (reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_WRONG_SSL_VERSION ||
      reason == SSL_R_VERSION_TOO_LOW || reason == SSL_R_WRONG_VERSION_NUMBER)
    return version_failure(remote_, bytes);
  errno = system_error;  // recv(2) may have changed it
  return failure(result);
}

/// Why an operation failed. The error queue of OpenSSL and errno are as it left them.
CommandError TlsSession::failure(int result) {
  const int error = SSL_get_error(engine_->get(), result);
  const auto queued = ERR_peek_error();
  const int reason = ERR_GET_REASON(queued);
  if (error == SSL_ERROR_SYSCALL && queued == 0)
    return connection_failure({remote_, errno, Operation::exchanging});
  // OpenSSL makes the reason of an alert from its number: SSL_alert_type_string(3).
  if (ERR_GET_LIB(queued) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET)
    return alert_failure(remote_, reason - SSL_AD_REASON_OFFSET);
  const char* const words = ERR_reason_error_string(queued);
  return other_tls_failure(remote_, words != nullptr ? words : "for an unknown reason");
}

/// Whether a read failed because the peer has ended the session.
bool TlsSession::ends(int result) {
  const int error = SSL_get_error(engine_->get(), result);
  if (error == SSL_ERROR_ZERO_RETURN) return true;
  const bool cut_off = (error == SSL_ERROR_SSL &&
                        ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) ||
                       (error == SSL_ERROR_SYSCALL && ERR_peek_error() == 0 && errno == 0);
  was_cut_off_ = was_cut_off_ || cut_off;
  return cut_off;
}

/// What a read returned: bytes, the end, or nothing yet.
std::optional<std::size_t> TlsSession::result_of_read(int result) {
  if (result > 0) return static_cast<std::size_t>(result);
  const int error = SSL_get_error(engine_->get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return std::nullopt;
  if (ends(result)) return 0;
  is_open_ = false;
  throw failure(result);
}

std::optional<std::size_t> TlsSession::read(MutableBytes buffer) {
  if (failed_) throw *failed_;
  if (was_cut_off_) return 0;
  ERR_clear_error();
  errno = 0;
  return result_of_read(SSL_read(engine_->get(), buffer.data(), size_for_openssl(buffer.size())));
}

bool TlsSession::is_readable() try {
  if (failed_ || was_cut_off_) return true;
  ERR_clear_error();
  errno = 0;
  std::uint8_t byte = 0;
  return result_of_read(SSL_peek(engine_->get(), &byte, 1)).has_value();
} catch (const CommandError& failure) {
  failed_ = failure;
  return true;
}

std::size_t TlsSession::write(Bytes bytes) {
  if (bytes.empty()) return 0;  // SSL_write(3): its behaviour is undefined then
  ERR_clear_error();
  errno = 0;
  const int result = SSL_write(engine_->get(), bytes.data(), size_for_openssl(bytes.size()));
  if (result > 0) return static_cast<std::size_t>(result);
  const int error = SSL_get_error(engine_->get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return 0;
  throw failure(result);
}

void TlsSession::end() {
  if (!is_open_) return;  // SSL_shutdown(3): not after an error
  is_open_ = false;
  ERR_clear_error();
  SSL_shutdown(engine_->get());
  ERR_clear_error();
}

short TlsSession::waits_for() const {
  return SSL_want_write(engine_->get()) != 0 ? POLLOUT : POLLIN;
}

void TlsSession::read_facts() {
  auto* const ssl = engine_->get();
  const std::string version = SSL_get_version(ssl);  // "TLSv1.3"
  constexpr std::string_view prefix = "TLSv";
  facts_.version = version.starts_with(prefix) ? version.substr(prefix.size()) : version;
  facts_.cipher = SSL_get_cipher_name(ssl);
  const unsigned char* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  if (alpn != nullptr) facts_.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  facts_.certificate = engine_->certificate;
  facts_.verified = engine_->problem.code == X509_V_OK;
  if (!facts_.verified) facts_.error = short_reason(engine_->problem, host_);
  const char* const matched = SSL_get0_peername(ssl);
  facts_.host = matched != nullptr ? matched : host_;
}

}  // namespace portlab
