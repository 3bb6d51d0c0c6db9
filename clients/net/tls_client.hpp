#pragma once
// Which authorities a client of TLS trusts: the system's authorities, those of --cacert, and, for the lab's own
// names and this machine's addresses, the authority of the user's portlabd.

#include <memory>
#include <string>

struct ssl_st;         // OpenSSL's SSL
struct ssl_ctx_st;     // SSL_CTX
struct x509_store_st;  // X509_STORE

namespace portlab {

/// The options of a client of TLS.
struct TlsOptions {
  bool insecure = false;         ///< --insecure: a certificate that can't be verified is accepted
  std::string authorities_file;  ///< --cacert, else $PORTLAB_CACERT; empty: none
  std::string authorities_from = "--cacert";  ///< where that name comes from, for its errors
};

/// The settings for all TLS sessions of a command.
class TlsClient {
 public:
  /// Reads the file with authorities. Throws a CommandError (exit status 2) where there is no
  /// certificate in it.
  explicit TlsClient(TlsOptions options);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// A new session with this host, not yet connected: TLS 1.2 or 1.3, with the server name
  /// indication (RFC 6066 section 3) for a name, ALPN http/1.1, and the certificate to be verified for
  /// this name or address. The caller frees it with SSL_free.
  ssl_st* new_session(const std::string& host);

  bool is_insecure() const { return options_.insecure; }

 private:
  struct Trust;

  ssl_ctx_st* context();
  x509_store_st* store_for(const std::string& host);

  TlsOptions options_;
  std::unique_ptr<Trust> trust_;
};

/// The host as certificates and TLS have it: without the final dot of a name, without an IPv6 zone.
std::string tls_host(const std::string& host);

}  // namespace portlab
