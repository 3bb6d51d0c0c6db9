#pragma once
// The login: a name and a password, a limited number of times. Both are shown in the greeting. They
// protect nothing: they are there to be seen on the wire.

#include <string>
#include <string_view>

namespace portlab::telnet::server {

inline constexpr std::string_view guest_name = "guest";
inline constexpr std::string_view guest_password = "portlab";

class Login {
 public:
  /// After so many wrong passwords the session ends.
  static constexpr unsigned tries_max = 3;

  bool done() const { return done_; }
  bool failed() const { return tries_ >= tries_max; }
  /// Whether the next line is the password, which is not to be echoed.
  bool wants_password() const { return wants_password_; }

  /// Reads the next line: the name, or the password. Returns what to say about it.
  std::string_view read_line(std::string_view line);
  /// Starts again with the name; the tries stay counted.
  void restart() { wants_password_ = false; }

 private:
  std::string name_;
  unsigned tries_ = 0;
  bool wants_password_ = false;
  bool done_ = false;
};

}  // namespace portlab::telnet::server
