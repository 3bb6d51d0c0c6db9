#pragma once
// What a file is, by the end of its name (RFC 9110 section 8.3).

#include <string_view>

namespace portlab::http {

/// "text/html; charset=utf-8" for "index.html"; application/octet-stream for the unknown.
std::string_view media_type_of(std::string_view file_name);

}  // namespace portlab::http
