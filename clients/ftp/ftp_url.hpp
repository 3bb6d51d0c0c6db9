#pragma once
// What `portlab ftp` needs to know from a URL (RFC 1738 section 3.2).

#include <cstdint>
#include <string>

#include "common/known_services.hpp"

namespace portlab::ftp::client {

/// An ftp URL, taken apart and decoded.
struct FtpUrl {
  std::string user = "anonymous";
  std::string password = "guest@lab.test";  ///< an address by custom (RFC 1635)
  std::string host;                         ///< without brackets
  std::uint16_t port = default_port_of("ftp");
  std::string path;      ///< seen from where the login leads; empty: that place itself
  bool as_text = false;  ///< ";type=a"

  /// Whether the path is a file's: not empty, and without "/" at its end.
  bool names_file() const { return !path.empty() && !path.ends_with('/'); }
  /// "ftp://127.0.0.1:8021/": the server, without user and path.
  std::string server() const;
};

/// Reads a URL as people write it; "127.0.0.1:8021/x" means ftp. Throws a CommandError (exit status 2)
/// that explains what is wrong with it.
FtpUrl parse_ftp_url(const std::string& text);

}  // namespace portlab::ftp::client
