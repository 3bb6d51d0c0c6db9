#pragma once
// What a TLS session shows: its version, and the server's certificate (RFC 5280).

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct x509_st;  // OpenSSL's X509

namespace portlab {

/// The parts of a certificate that a person reads. All texts are the peer's: printable() before they
/// are shown.
struct CertificateFacts {
  std::string subject;       ///< "CN=www.lab.test,O=Portlab" (RFC 2253)
  std::string issuer;        ///< the same form
  std::string subject_name;  ///< the subject's common name, else its organisation, else all of it
  std::string issuer_name;   ///< of the issuer, likewise
  std::vector<std::string> names;  ///< the hosts that it is for: "www.lab.test", "127.0.0.1"
  std::int64_t not_before = 0;     ///< valid from; seconds since 1970-01-01, UTC
  std::int64_t not_after = 0;      ///< valid until
};

/// Reads a certificate. Its names are those of the field subjectAltName; without that field, the
/// subject's common name.
CertificateFacts facts_of(const x509_st& certificate);

/// What is known about an open TLS session.
struct TlsFacts {
  std::string version;  ///< "1.3"
  std::string cipher;   ///< the cipher suite: "TLS_AES_256_GCM_SHA384"
  std::string alpn;     ///< the protocol that was agreed on: "http/1.1"; empty: none (RFC 7301)
  CertificateFacts certificate;
  std::string host;       ///< the name or address that the certificate was checked for
  bool verified = false;  ///< the certificate is for this host, and an authority vouches for it
  std::string error;      ///< otherwise why it is not verified: "self-signed certificate"
};

/// "2027-02-24", in UTC.
std::string date_text(std::int64_t seconds);

/// "www.lab.test and 127.0.0.1"; of more than three names, the number of the others. Printable.
std::string names_text(const std::vector<std::string>& names);

/// A text of a certificate for a message: printable, and not longer than 80 characters.
std::string certificate_text(std::string_view text);

/// The line of the connection card: "1.3 · certificate for www.lab.test, by Portlab lab authority,
/// until 2027-02-24".
std::string describe_tls(const TlsFacts& facts, std::string_view separator);

/// The same for --json.
boost::json::object to_json(const TlsFacts& facts);

}  // namespace portlab
