#pragma once
// What all TLS connections of a service share: the certificate, its key and the settings of OpenSSL
// (SSL_CTX). It does not change after it was made; a reload makes another.

#include <memory>
#include <string>
#include <string_view>

#include "common/result.hpp"

struct ssl_ctx_st;

namespace portlab {

class TlsContext {
 public:
  /// A server's certificate with those of the authorities between it and the root, and its key, both
  /// as PEM (RFC 7468). `protocol`: the name of the protocol above TLS (ALPN, RFC 7301), a string
  /// literal. `authority`: the certificate of the authority that this process made for itself; empty:
  /// the certificate is of another authority. The error says what is wrong.
  static Result<std::shared_ptr<const TlsContext>> make(std::string_view certificates,
                                                        std::string_view key, const char* protocol,
                                                        std::string authority = {});
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* get() const { return context_.get(); }
  const std::string& authority() const { return authority_; }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };

  TlsContext(const char* protocol, std::string authority);

  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::string authority_;
};

}  // namespace portlab
