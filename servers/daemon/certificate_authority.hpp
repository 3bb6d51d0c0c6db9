#pragma once
// A certificate authority in memory (RFC 5280): its key is never written anywhere, and what it
// signed is worth nothing once portlabd has ended.

#include <memory>
#include <string>
#include <vector>

#include "common/net.hpp"

struct evp_pkey_st;
struct x509_st;

namespace portlab {

/// Whom a server's certificate is for: its subjectAltName (RFC 6125).
struct CertificateNames {
  std::vector<std::string> names;  ///< "www.lab.test", "*.lab.test"
  std::vector<asio::ip::address> addresses;
};

class CertificateAuthority {
 public:
  /// Makes a key on the curve P-256, and a certificate for it. Throws std::runtime_error.
  CertificateAuthority();

  /// Its certificate, as PEM (RFC 7468): what clients must trust.
  std::string certificate() const;

  /// A certificate and its key, both as PEM.
  struct Signed {
    std::string certificate;
    std::string key;
  };
  /// Makes another key, and signs a certificate for it. Throws std::runtime_error.
  Signed sign(const CertificateNames& names) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
    void operator()(x509_st* certificate) const;
  };

  std::unique_ptr<evp_pkey_st, Free> key_;
  std::unique_ptr<x509_st, Free> certificate_;
};

}  // namespace portlab
