#pragma once
// "on pc1: curl http://server1.lab.test/": a command of a lab with an office, and the host where it is
// typed.

#include <string>
#include <string_view>

namespace portlab::labs {

struct HostCommand {
  std::string host;  ///< empty: the command names none
  std::string command;
};

/// The command without "on HOST:". Any word can be the HOST.
HostCommand split_host(std::string_view line);

}  // namespace portlab::labs
