#pragma once
// Conditional requests (RFC 9110 section 13): does the client have it already, is it still what the
// client thinks it is.

#include <cstdint>
#include <optional>
#include <string_view>

#include "servers/http/head.hpp"

namespace portlab::http {

/// What a representation can be recognised by.
struct Validators {
  std::string_view etag;                 ///< strong, with its quotes; empty: none
  std::optional<std::int64_t> modified;  ///< Last-Modified, in seconds since 1970
};

enum class Verdict : std::uint8_t {
  proceed,
  not_modified,         ///< 304
  precondition_failed,  ///< 412
};

/// The preconditions of a GET or HEAD that would succeed, in the order of section 13.2.2.
Verdict check_preconditions(const Head& head, const Validators& validators, std::int64_t now);

/// Whether If-Range (section 13.1.5) lets the Range field count.
bool if_range_matches(const Head& head, const Validators& validators, std::int64_t now);

}  // namespace portlab::http
