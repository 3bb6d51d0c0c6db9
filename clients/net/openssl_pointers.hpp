#pragma once
// Owners of OpenSSL's objects.

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

namespace portlab {

template <auto free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};

using BioPointer = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;
using CertificatePointer = std::unique_ptr<X509, FreedBy<X509_free>>;
using NamesPointer = std::unique_ptr<GENERAL_NAMES, FreedBy<GENERAL_NAMES_free>>;

}  // namespace portlab
