#include "clients/ftp/ftp_url.hpp"

#include "clients/cli/url.hpp"

namespace portlab::ftp::client {

namespace {

const std::uint16_t default_port = default_port_of("ftp");

/// Takes ";type=a" from the end of the path (RFC 1738 section 3.2.2).
void take_type(const std::string& text, FtpUrl& url) {
  const auto mark = url.path.rfind(";type=");
  if (mark == std::string::npos) return;
  const auto type = url.path.substr(mark + 6);
  const char letter = type.size() == 1 ? static_cast<char>(type[0] | 0x20) : ' ';
  if (letter != 'a' && letter != 'i' && letter != 'd')
    throw bad_url(text, "ftp", "its type is neither a (text), i (bytes) nor d (directory)",
                  ";type=a, or none");
  url.as_text = letter == 'a';
  url.as_directory = letter == 'd';
  url.path.erase(mark);
}

}  // namespace

std::string FtpUrl::server() const {
  return "ftp://" + authority_of(host, port, default_port) + "/";
}

FtpUrl parse_ftp_url(const std::string& text) {
  const auto full = with_scheme(text, "ftp");
  const auto parsed = parse_url(full, "ftp");
  const auto& parts = parsed.parts;
  if (parts.has_query() || parts.has_fragment())
    throw bad_url(full, "ftp", "FTP has no query (?) and no fragment (#)",
                  "%3F or %23 if the name of the file contains them");
  FtpUrl url;
  url.host = parsed.host;
  url.port = parsed.port.value_or(default_port);
  if (parts.has_userinfo()) url.user = parts.user();
  if (parts.has_password()) url.password = parts.password();
  // The first "/" only ends the host; an absolute path begins with a second one.
  url.path = parts.path();
  if (!url.path.empty()) url.path.erase(0, 1);
  take_type(full, url);
  return url;
}

}  // namespace portlab::ftp::client
