#include "common/system/host_lookup.hpp"

#include <netdb.h>

#include <cstring>
#include <memory>
#include <utility>

#include "common/system/socket_address.hpp"

namespace portlab {

ResolverAnswer ask_resolver(const std::string& name, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;  // without it, each address is listed once per socket type
  addrinfo* list = nullptr;
  ResolverAnswer answer{::getaddrinfo(name.c_str(), nullptr, &hints, &list), {}};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    answer.addresses.push_back(to_endpoint(Transport::tcp, address).address);
  }
  return answer;
}

Result<std::vector<asio::ip::address>> look_up_host(const std::string& name) {
  auto answer = ask_resolver(name);
  if (answer.error != 0)
    return Error{std::string("the system's resolver reports: ") + ::gai_strerror(answer.error)};
  return std::move(answer.addresses);
}

}  // namespace portlab
