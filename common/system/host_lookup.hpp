#pragma once
// Host names, as the system looks them up: /etc/hosts, then DNS (getaddrinfo(3), nsswitch.conf(5)).

#include <sys/socket.h>

#include <string>
#include <vector>

#include "common/net.hpp"
#include "common/result.hpp"

namespace portlab {

/// What getaddrinfo(3) answered.
struct ResolverAnswer {
  int error = 0;                             ///< EAI_NONAME, …: gai_strerror(3)
  std::vector<asio::ip::address> addresses;  ///< in the order in which they should be tried
};

/// The addresses of a host: of AF_INET, AF_INET6 or both. Blocks until the resolver answers, which can
/// take many seconds.
ResolverAnswer ask_resolver(const std::string& name, int family = AF_UNSPEC);

/// The same for both families. The error has the words of gai_strerror(3).
Result<std::vector<asio::ip::address>> look_up_host(const std::string& name);

}  // namespace portlab
