#pragma once
// URLs of `portlab ftp` (RFC 1738 section 3.2).

#include <cstdint>
#include <string>

#include "common/known_services.hpp"

namespace portlab::ftp::client {

/// The decoded parts of an ftp URL.
struct FtpUrl {
  std::string user = "anonymous";
  std::string password = "guest@lab.test";  ///< an email address, by convention (RFC 1635)
  std::string host;                         ///< without brackets
  std::uint16_t port = default_port_of("ftp");
  std::string path;           ///< relative to the directory after login; may be empty
  bool as_text = false;       ///< ";type=a"
  bool as_directory = false;  ///< ";type=d": list the names in it

  /// Whether the path is that of a file: not empty, and not ending with "/".
  bool names_file() const { return !path.empty() && !path.ends_with('/') && !as_directory; }
  /// "ftp://127.0.0.1:8021/": the server, without user and path.
  std::string server() const;
};

/// Parses a URL; "127.0.0.1:8021/x" means ftp. Throws a CommandError (exit status 2) with the
/// reason.
FtpUrl parse_ftp_url(const std::string& text);

}  // namespace portlab::ftp::client
