#include "servers/listener/tls_context.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <climits>
#include <new>
#include <utility>

namespace portlab {

namespace {

/// Sessions that may be resumed are stored by their clients, as tickets; none are stored here.
constexpr std::string_view session_id_context = "portlab";

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

/// The reason of OpenSSL's last error: "no start line".
std::string last_error() {
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

std::unique_ptr<BIO, FreeBio> reader_of(std::string_view pem) {
  std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(std::min<std::size_t>(pem.size(), INT_MAX))));
  if (!bio) throw std::bad_alloc();
  return bio;
}

/// A key that is encrypted needs a passphrase, for which a server can't ask.
int no_passphrase(char*, int, int, void*) { return -1; }

/// `protocol`: the name of ours. A client that offers only others gets the alert
/// no_application_protocol (RFC 7301 section 3.2); one without ALPN is served.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_length,
                    const unsigned char* offered, unsigned int offered_length, void* protocol) {
  const std::string_view ours = static_cast<const char*>(protocol);
  std::string_view left(reinterpret_cast<const char*>(offered), offered_length);
  while (!left.empty()) {  // a length byte before each name; OpenSSL has checked them
    const auto name = left.substr(1, static_cast<unsigned char>(left.front()));
    if (name == ours) {
      *chosen = reinterpret_cast<const unsigned char*>(name.data());
      *chosen_length = static_cast<unsigned char>(name.size());
      return SSL_TLSEXT_ERR_OK;
    }
    left.remove_prefix(std::min(left.size(), 1 + name.size()));
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void apply_settings(SSL_CTX* context, const char* protocol) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_security_level(context, 2);  // no keys below 112 bits of security
  // An end of the stream without close_notify is like any other end: HTTP's messages say where they
  // end (RFC 9112 section 9.8).
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // After a record without data (a new key) SSL_read returns: a peer that sends only such records
  // does not keep the loop of the worker.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  // A record's header and its data in one recv().
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);  // each handshake, also a resumed one, sends another
  SSL_CTX_set_session_id_context(context,
                                 reinterpret_cast<const unsigned char*>(session_id_context.data()),
                                 session_id_context.size());
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, const_cast<char*>(protocol));
}

/// The first certificate is the server's, the others are those of the authorities.
Result<void> use_certificates(SSL_CTX* context, std::string_view pem) {
  const auto bio = reader_of(pem);
  for (int count = 0;; ++count) {
    std::unique_ptr<X509, FreeCertificate> certificate(
        PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
    if (!certificate) {
      const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      const auto why = last_error();
      if (count == 0 && at_end) return Error{"it has no certificate in PEM format"};
      if (!at_end) return Error{"certificate " + std::to_string(count + 1) + ": " + why};
      return {};
    }
    const bool done = count == 0 ? SSL_CTX_use_certificate(context, certificate.get()) == 1
                                 : SSL_CTX_add1_chain_cert(context, certificate.get()) == 1;
    if (!done) return Error{"certificate " + std::to_string(count + 1) + ": " + last_error()};
  }
}

Result<void> use_key(SSL_CTX* context, std::string_view pem) {
  const auto bio = reader_of(pem);
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key) {
    const auto why = last_error();
    const bool encrypted = pem.find("ENCRYPTED") != std::string_view::npos;
    return Error{encrypted ? "the key is encrypted: openssl pkey -in FILE -out FILE2 decrypts it"
                 : pem.find("PRIVATE KEY-----") == std::string_view::npos
                     ? "it has no key in PEM format"
                     : "it has no key that can be read: " + why};
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1)
    return {};
  const auto reason = ERR_GET_REASON(ERR_peek_last_error());
  const auto why = last_error();
  if (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
    return Error{"the key does not belong to the certificate"};
  return Error{why};
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

TlsContext::TlsContext(const char* protocol, std::string authority)
    : authority_(std::move(authority)) {
  // Without the system's openssl.cnf, which a confined process could not read: the settings are the
  // same on all machines, and those below.
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  context_.reset(SSL_CTX_new(TLS_server_method()));
  if (!context_) throw std::bad_alloc();
  apply_settings(context_.get(), protocol);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(std::string_view certificates,
                                                           std::string_view key,
                                                           const char* protocol,
                                                           std::string authority) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext(protocol, std::move(authority)));
  if (const auto used = use_certificates(made->get(), certificates); !used) return used.error();
  if (const auto used = use_key(made->get(), key); !used) return used.error();
  return std::shared_ptr<const TlsContext>(std::move(made));
}

}  // namespace portlab
