#include "servers/telnet/login.hpp"

#include <utility>

namespace portlab::telnet::server {

std::string_view Login::read_line(std::string_view line) {
  if (!wants_password_) {
    while (line.starts_with(' ')) line.remove_prefix(1);
    while (line.ends_with(' ')) line.remove_suffix(1);
    name_ = line;
    wants_password_ = !name_.empty();
    return {};
  }
  wants_password_ = false;
  const std::string name = std::exchange(name_, {});
  done_ = name == guest_name && line == guest_password;
  if (done_) return {};
  ++tries_;
  return failed() ? "Login incorrect, three times: the session ends.\r\n"
                  : "Login incorrect. The name is guest, and the password is portlab.\r\n";
}

}  // namespace portlab::telnet::server
