#pragma once
// Conditional requests (RFC 9110 section 13): whether the client has the current version already,
// or the version that it expects.

#include <cstdint>
#include <optional>
#include <string_view>

#include "servers/http/request.hpp"

namespace portlab::http {

/// What identifies a version of a representation (RFC 9110 section 8.8).
struct Validators {
  std::string_view etag;                 ///< strong, with its quotes; empty: none
  std::optional<std::int64_t> modified;  ///< Last-Modified, in seconds since 1970
};

enum class Verdict : std::uint8_t {
  proceed,
  not_modified,         ///< 304
  precondition_failed,  ///< 412
};

/// The preconditions of a GET or HEAD that would succeed, in the order of section 13.2.2. `now`:
/// seconds since 1970.
Verdict check_preconditions(const Request& request, const Validators& validators, std::int64_t now);

/// Whether the Range field is to be used: there is no If-Range, or it matches (section 13.1.5).
bool if_range_matches(const Request& request, const Validators& validators, std::int64_t now);

}  // namespace portlab::http
