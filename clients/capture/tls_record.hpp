#pragma once
// What is not encrypted in a TLS record (RFC 8446, RFC 5246), so that everybody who captures it can
// read it: the first messages of the handshake; of all later ones only the length.

#include <string>

#include "common/bytes.hpp"

namespace portlab {

/// Whether bytes start with a record of TLS 1.0 to 1.3.
bool is_tls_record(Bytes bytes);

/// "ClientHello for www.lab.test: TLS 1.3, 1.2", "ServerHello: TLS 1.3", "120 bytes, encrypted".
/// Empty where it is no record, or where it starts in the middle of one.
std::string describe_tls(Bytes bytes);

}  // namespace portlab
