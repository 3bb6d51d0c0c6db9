#pragma once
// The service parameters of SVCB and HTTPS records (SvcParams, RFC 9460 section 2).

#include <map>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// True if the keys ascend, the values of the known keys have their formats, and the keys that
/// others need are there.
bool is_valid_service_parameters(Bytes bytes);

/// `alpn="h2,h3" port=443 key667="hello"`. The bytes must be valid.
std::string service_parameters_to_text(Bytes bytes);

/// The parameters of one record, as they are read from a zone file.
class ServiceParameters {
 public:
  /// Adds KEY=VALUE. `value` is without quotes, but with its escapes; null: there is no "=".
  Result<void> add(std::string_view key, const std::string* value);

  /// The bytes of all parameters. An error: a rule about several parameters is broken.
  Result<std::string> to_wire() const;

 private:
  friend bool is_valid_service_parameters(Bytes bytes);

  /// An error if a key that another needs is missing.
  Result<void> check() const;

  std::map<std::uint16_t, std::string> values_;  // by key, in wire format
};

}  // namespace portlab::dns
