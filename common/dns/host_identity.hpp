#pragma once
// The data of a HIP record: the identity of a host (RFC 8005).

#include <span>
#include <string>

#include "common/bytes.hpp"
#include "common/dns/name.hpp"
#include "common/dns/rdata.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// True if the bytes are a host identity tag, a public key, and names of rendezvous servers.
bool is_valid_host_identity(Bytes bytes);

/// "2 200100107B1A74DF365639CC39F1D578 AwEA… rvs.example.com.". The bytes must be valid.
std::string host_identity_to_text(Bytes bytes);

/// Reads the algorithm of the key, the tag in hexadecimal, the key in base64, and any number of names,
/// which are relative to `origin`.
Result<std::string> host_identity_from_words(std::span<const Word> words, const Name& origin);

}  // namespace portlab::dns
