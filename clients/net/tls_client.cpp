#include "clients/net/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/host_info.hpp"
#include "clients/net/openssl_pointers.hpp"
#include "clients/net/resolver.hpp"
#include "common/control_path.hpp"
#include "common/endpoint.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

using Certificates = std::vector<CertificatePointer>;
using ContextPointer = std::unique_ptr<SSL_CTX, FreedBy<SSL_CTX_free>>;
using StorePointer = std::unique_ptr<X509_STORE, FreedBy<X509_STORE_free>>;
using SslPointer = std::unique_ptr<SSL, FreedBy<SSL_free>>;
using FilePointer = std::unique_ptr<std::FILE, FreedBy<std::fclose>>;

/// ALPN's list of protocols (RFC 7301 section 3.1): each with its length before it.
constexpr std::array<unsigned char, 9> alpn{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/// OpenSSL fails here only without memory.
template <class T>
T* made(T* object) {
  if (object == nullptr) throw std::bad_alloc();
  return object;
}

/// The certificates in a text: any number in PEM (RFC 7468), or one in DER.
Certificates certificates_in(const std::string& text) {
  Certificates found;
  const BioPointer pem(made(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))));
  // A password is not asked for: the callback returns that there is none.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  while (auto* const each = PEM_read_bio_X509_AUX(pem.get(), nullptr, no_password, nullptr))
    found.emplace_back(each);
  if (found.empty()) {
    const BioPointer der(made(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))));
    if (auto* const only = d2i_X509_bio(der.get(), nullptr)) found.emplace_back(only);
  }
  ERR_clear_error();
  return found;
}

CommandError wrong_file(const TlsOptions& options, const std::string& why,
                        const std::string& advice) {
  return usage_failure(
      options.authorities_from + " " + printable(options.authorities_file) + ": " + why, advice);
}

/// The text of the file with authorities. Debian's, with all of the web's, has 200 KB.
std::string read_authorities(const TlsOptions& options) {
  constexpr std::size_t bytes_max = std::size_t{4} * 1024 * 1024;
  std::string text(bytes_max + 1, '\0');
  const FilePointer file(std::fopen(options.authorities_file.c_str(), "re"));
  if (file) text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (!file || std::ferror(file.get()) != 0)
    throw wrong_file(options, std::strerror(errno),
                     "a file with the certificate of an authority, in PEM form");
  if (text.size() > bytes_max)
    throw wrong_file(options, "it has more than 4 MiB", "a file with certificates only");
  return text;
}

Certificates read_certificates(const TlsOptions& options) {
  if (options.authorities_file.empty()) return {};
  auto found = certificates_in(read_authorities(options));
  if (found.empty())
    throw wrong_file(options, "it holds no certificate",
                     "a file with -----BEGIN CERTIFICATE----- in it (PEM form)");
  return found;
}

/// The certificates of the authority of this user's portlabd; none where no portlabd runs, or it has
/// no authority. Only this user and root can own the control socket, so that no other user can make
/// this one trust an authority.
const Certificates& lab_authority() {
  static const auto authority = []() -> Certificates {
    constexpr std::chrono::milliseconds limit{500};
    try {
      const auto answer = ask_server(find_control_path(), {ControlCommand::authority, {}}, limit);
      return certificates_in(answer.reply.authority);
    } catch (const CommandError&) {
      return {};
    }
  }();
  return authority;
}

/// The name of this machine; empty where it is unknown.
std::string own_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : std::string();
}

/// Whether the lab's authority is trusted for this host: a name of the lab, or this machine. Not for
/// others: its key is in the memory of a program that takes connections from everywhere.
bool is_in_the_lab(const std::string& host) {
  if (const auto address = parse_address(host))
    return address->is_loopback() || route_to(*address).source == *address;
  return is_lab_name(host) || is_localhost(host) || equal_ignoring_case(host, own_name());
}

StorePointer make_store(const Certificates& added) {
  StorePointer store(made(X509_STORE_new()));
  X509_STORE_set_default_paths(store.get());  // also $SSL_CERT_FILE and $SSL_CERT_DIR
  for (const auto& each : added) X509_STORE_add_cert(store.get(), each.get());
  ERR_clear_error();  // a system without a file of authorities is no error here
  return store;
}

}  // namespace

struct TlsClient::Trust {
  Certificates given;
  ContextPointer context;
  StorePointer store;      ///< the system's, and those given
  StorePointer lab_store;  ///< also the lab's
};

TlsClient::TlsClient(TlsOptions options)
    : options_(std::move(options)), trust_(std::make_unique<Trust>()) {
  trust_->given = read_certificates(options_);
}

TlsClient::~TlsClient() = default;

ssl_ctx_st* TlsClient::context() {
  if (trust_->context) return trust_->context.get();
  trust_->context.reset(SSL_CTX_new(TLS_client_method()));
  if (!trust_->context) {  // its configuration, openssl.cnf, is wrong
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    throw CommandError(Exit::failed,
                       "https: OpenSSL can't start: " +
                           std::string(reason != nullptr ? reason : "for an unknown reason"),
                       "openssl version -d (the folder of its openssl.cnf); is $OPENSSL_CONF set?");
  }
  auto* const context = trust_->context.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);  // RFC 8996: not 1.0 and 1.1
  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  // ClientSession::write() passes what is left, and at another place.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_protos(context, alpn.data(), static_cast<unsigned>(alpn.size()));
  return context;
}

x509_store_st* TlsClient::store_for(const std::string& host) {
  if (!is_in_the_lab(host)) {
    if (!trust_->store) trust_->store = make_store(trust_->given);
    return trust_->store.get();
  }
  if (!trust_->lab_store) {
    trust_->lab_store = make_store(trust_->given);
    for (const auto& each : lab_authority())
      X509_STORE_add_cert(trust_->lab_store.get(), each.get());
  }
  return trust_->lab_store.get();
}

ssl_st* TlsClient::new_session(const std::string& host) {
  SslPointer session(made(SSL_new(context())));
  auto* const ssl = session.get();
  SSL_set1_verify_cert_store(ssl, store_for(host));
  auto* const checks = SSL_get0_param(ssl);
  // A certificate that the user named is trusted, also if another authority signed it. As in curl.
  X509_VERIFY_PARAM_set_flags(checks, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool is_set = parse_address(host)
                          ? X509_VERIFY_PARAM_set1_ip_asc(checks, host.c_str()) == 1
                          : X509_VERIFY_PARAM_set1_host(checks, host.data(), host.size()) == 1 &&
                                SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  // Never without the check: a host that OpenSSL refuses ends here.
  if (!is_set) {
    ERR_clear_error();
    throw usage_failure("'" + printable(host) + "' can't be the name of a server of TLS",
                        "a shorter name, or an address");
  }
  SSL_set_connect_state(ssl);
  return session.release();
}

std::string tls_host(const std::string& host) {
  auto name = host.substr(0, host.find('%'));
  if (name.ends_with('.')) name.pop_back();
  return name;
}

}  // namespace portlab
