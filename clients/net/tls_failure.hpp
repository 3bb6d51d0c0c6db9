#pragma once
// The errors of TLS: a certificate that is not accepted, a server that speaks no TLS, alerts (RFC 8446
// section 6). Each names the peer, the cause, and what to try.

#include <string>
#include <string_view>

#include "clients/cli/command_error.hpp"
#include "clients/net/tls_facts.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// Why a certificate is not accepted.
struct CertificateProblem {
  int code = 0;                  ///< X509_V_ERR_…, X509_STORE_CTX_get_error(3)
  CertificateFacts certificate;  ///< the one with the problem
  bool is_the_servers = true;    ///< not that of an authority that signed it
};

/// In a few words, for the connection card: "self-signed certificate".
std::string short_reason(const CertificateProblem& problem, const std::string& host);

/// The error for it: exit status 3.
CommandError certificate_failure(const Endpoint& peer, const std::string& host,
                                 const CertificateProblem& problem);

/// What the server sent in the handshake is not TLS: exit status 1. `bytes`: the first of them.
CommandError no_tls_failure(const Endpoint& peer, const std::string& host, std::string_view bytes);

/// The server chose a version that this client does not speak; `bytes`: the first that it sent.
CommandError version_failure(const Endpoint& peer, std::string_view bytes);

/// The server ended the session with this alert.
CommandError alert_failure(const Endpoint& peer, int alert);

/// The server ended the connection during the handshake, with a reset or in order; `began`: after it
/// had sent something.
CommandError ended_in_handshake(const Endpoint& peer, const std::string& host, bool began,
                                bool reset);

/// Nothing came for so long in the handshake: "5 s".
CommandError handshake_timed_out(const Endpoint& peer, const std::string& host, bool began,
                                 const std::string& waited);

/// Another error of TLS, in OpenSSL's words.
CommandError other_tls_failure(const Endpoint& peer, const std::string& reason);

}  // namespace portlab
