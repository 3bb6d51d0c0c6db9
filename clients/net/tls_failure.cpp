#include "clients/net/tls_failure.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <ctime>

#include "clients/cli/terminal.hpp"
#include "clients/cli/url.hpp"
#include "clients/net/connection_failure.hpp"
#include "common/known_services.hpp"

namespace portlab {

namespace {

constexpr const char* unchecked = "--insecure (encrypted, but without this check)";

/// The command for this server; empty for a Unix socket.
std::string http_command(const Endpoint& peer, const std::string& host, const std::string& scheme) {
  if (peer.transport == Transport::local) return {};
  return "portlab http " + scheme + "://" + authority_of(host, peer.port, default_port_of(scheme)) +
         "/";
}

/// The advice for a server that may speak no TLS, because it has not `begun` with it.
std::string without_tls(const Endpoint& peer, const std::string& host, bool begun) {
  const auto command = http_command(peer, host, "http");
  return command.empty() || begun ? "" : command + " (if it speaks no TLS), or ";
}

/// The name that this certificate is for and that a URL can have; empty where there is none.
std::string usable_name(const CertificateFacts& certificate) {
  const auto found =
      std::find_if(certificate.names.begin(), certificate.names.end(), [](const auto& name) {
        return name.find_first_not_of(
                   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                   "0123456789.-:") == std::string::npos;
      });
  return found == certificate.names.end() ? std::string() : *found;
}

std::string today() { return date_text(std::time(nullptr)); }

bool is_unknown_authority(int code) {
  return code == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
         code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
         code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
         code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT;
}

bool is_other_name(int code) {
  return code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH;
}

/// RFC 8446 section 6.2, for the alerts that a client can be sent because of its settings or its
/// certificate.
std::string meaning_of_alert(int alert) {
  switch (alert) {
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
      return "it has no version, cipher suite or kind of key in common with this client, or it "
             "serves only clients with a certificate";
    case SSL_AD_PROTOCOL_VERSION:
      return "it speaks neither TLS 1.2 nor 1.3, the versions of this client";
    case SSL_AD_UNRECOGNIZED_NAME:
      return "it does not serve the name in the URL";
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      return "it does not speak http/1.1 (ALPN)";
    case SSL_AD_CERTIFICATE_REQUIRED:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
      return "it serves only clients with a certificate that it knows, and portlab has none";
    case SSL_AD_INTERNAL_ERROR:
      return "it has an error of its own";
    default:
      return "what this client sent is wrong for it";
  }
}

}  // namespace

std::string short_reason(const CertificateProblem& problem, const std::string& host) {
  const auto& certificate = problem.certificate;
  const std::string whose = problem.is_the_servers ? "" : "an authority's certificate ";
  if (problem.code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) return "self-signed certificate";
  if (is_unknown_authority(problem.code)) return "signed by an unknown authority";
  if (is_other_name(problem.code)) return "not for " + certificate_text(host);
  if (problem.code == X509_V_ERR_CERT_HAS_EXPIRED)
    return whose + "expired on " + date_text(certificate.not_after);
  if (problem.code == X509_V_ERR_CERT_NOT_YET_VALID)
    return whose + "valid only from " + date_text(certificate.not_before);
  return X509_verify_cert_error_string(problem.code);
}

CommandError certificate_failure(const Endpoint& peer, const std::string& host,
                                 const CertificateProblem& problem) {
  const auto& certificate = problem.certificate;
  const auto failed = [&](const std::string& what, const std::string& advice) {
    return peer_failure(Exit::no_connection, NetError::certificate, peer, what, advice);
  };
  const std::string its = problem.is_the_servers ? "the server's certificate"
                                                 : "the certificate of '" +
                                                       certificate_text(certificate.subject_name) +
                                                       "', an authority that signed the server's,";
  const std::string renew = std::string("a new certificate for the server; or ") + unchecked;
  const std::string clock = "; this machine's date is " + today();
  const std::string trust =
      std::string(
          "--cacert FILE (the authority's certificate; of a portlabd: portlab server "
          "authority > FILE), or ") +
      unchecked;
  if (problem.code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
    return failed("the server's certificate is self-signed: no authority confirms that this is " +
                      certificate_text(host),
                  trust);
  if (is_unknown_authority(problem.code))
    return failed("the server's certificate is signed by an authority that is not trusted here: '" +
                      certificate_text(problem.code == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
                                           ? certificate.subject_name
                                           : certificate.issuer_name) +
                      "'",
                  trust);
  if (is_other_name(problem.code)) {
    const auto name = usable_name(certificate);
    const auto command = name.empty() ? name : http_command(peer, name, "https");
    return failed("the server's certificate is for " + names_text(certificate.names) +
                      ", not for " + certificate_text(host),
                  (command.empty() ? "the name in the certificate" : command) +
                      ", if that is the server that you want; or " + unchecked);
  }
  if (problem.code == X509_V_ERR_CERT_HAS_EXPIRED)
    return failed(its + " expired on " + date_text(certificate.not_after) + clock, renew);
  if (problem.code == X509_V_ERR_CERT_NOT_YET_VALID)
    return failed(its + " is valid from " + date_text(certificate.not_before) + " on" + clock,
                  std::string("date (is this machine's clock right?), or ") + unchecked);
  return failed(its + " is not accepted: " + X509_verify_cert_error_string(problem.code), trust);
}

CommandError no_tls_failure(const Endpoint& peer, const std::string& host, std::string_view bytes) {
  constexpr std::size_t shown_max = 60;
  const auto line = bytes.substr(0, bytes.find_first_of("\r\n")).substr(0, shown_max);
  if (line.starts_with("HTTP/") || line.starts_with("<"))
    return peer_failure(Exit::failed, NetError::wrong_service, peer,
                        "the server answers HTTP without TLS",
                        peer.transport == Transport::local ? "a URL that begins with http://"
                                                           : http_command(peer, host, "http"));
  return peer_failure(Exit::failed, NetError::wrong_service, peer,
                      "this is not TLS: '" + printable(line) + "'",
                      "is another service on this port? " + connect_advice(peer));
}

CommandError version_failure(const Endpoint& peer, std::string_view bytes) {
  // A ServerHello: the record's header (5 bytes), the message's (4), then the version, 3.1 for 1.0
  // (RFC 5246 section 7.4.1.3).
  constexpr std::size_t minor_at = 10;
  const int minor = bytes.size() > minor_at && bytes[0] == 22 ? bytes[minor_at] : -1;
  const std::string version = minor == 0                 ? "SSL 3.0"
                              : minor == 1 || minor == 2 ? "TLS 1." + std::to_string(minor - 1)
                                                         : "another version of TLS";
  return peer_failure(Exit::no_connection, NetError::tls, peer,
                      "no common version: the server speaks " + version +
                          ", this client TLS 1.2 and 1.3 (older versions are not safe)",
                      "a newer version of the server's program, or its settings");
}

CommandError alert_failure(const Endpoint& peer, int alert) {
  return peer_failure(Exit::no_connection, NetError::tls, peer,
                      "the server ends the session with the TLS alert '" +
                          std::string(SSL_alert_desc_string_long(alert)) +
                          "': " + meaning_of_alert(alert),
                      "the server's log, for the reason");
}

CommandError ended_in_handshake(const Endpoint& peer, const std::string& host, bool began,
                                bool reset) {
  return peer_failure(Exit::no_connection, reset ? NetError::reset : NetError::closed, peer,
                      std::string(reset ? "connection reset: the peer ended the connection "
                                        : "the peer closed the connection ") +
                          (began ? "in the middle of the TLS handshake"
                                 : "when the TLS handshake began: does it speak TLS?"),
                      without_tls(peer, host, began) + "the server's log, for the reason");
}

CommandError handshake_timed_out(const Endpoint& peer, const std::string& host, bool began,
                                 const std::string& waited) {
  return peer_failure(Exit::no_connection, NetError::timeout, peer,
                      "timed out: " +
                          std::string(began ? "the TLS handshake was not complete after "
                                            : "connected, but no TLS handshake came back for ") +
                          waited,
                      without_tls(peer, host, began) + "--timeout SECONDS waits longer");
}

CommandError other_tls_failure(const Endpoint& peer, const std::string& reason) {
  return peer_failure(
      Exit::no_connection, NetError::tls, peer, "TLS failed: " + reason,
      peer.transport == Transport::local
          ? "the server's log, for the reason"
          : "openssl s_client -connect " + peer.address_and_port() + " (shows the handshake)");
}

}  // namespace portlab
