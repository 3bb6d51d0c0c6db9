#include "clients/net/system_address.hpp"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"

namespace portlab {

SystemAddress to_system(const Endpoint& endpoint) {
  SystemAddress out;
  if (endpoint.transport == Transport::local) {
    sockaddr_un path{};
    path.sun_family = AF_UNIX;
    if (endpoint.path.empty() || endpoint.path.size() >= sizeof path.sun_path)
      throw usage_failure("'" + printable(endpoint.path) +
                              "' can't be a Unix socket: its path has 1 to " +
                              std::to_string(sizeof path.sun_path - 1) + " bytes",
                          "a shorter path");
    std::copy(endpoint.path.begin(), endpoint.path.end(), path.sun_path);
    std::memcpy(&out.storage, &path, sizeof path);
    out.size = sizeof path;
  } else if (endpoint.address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    v4.sin_addr.s_addr = htonl(endpoint.address.to_v4().to_uint());
    std::memcpy(&out.storage, &v4, sizeof v4);
    out.size = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    const auto bytes = endpoint.address.to_v6().to_bytes();
    std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
    v6.sin6_scope_id = static_cast<std::uint32_t>(endpoint.address.to_v6().scope_id());
    std::memcpy(&out.storage, &v6, sizeof v6);
    out.size = sizeof v6;
  }
  return out;
}

Endpoint from_system(const SystemAddress& address, Transport transport) {
  switch (address.storage.ss_family) {
    case AF_INET: {
      sockaddr_in v4{};
      std::memcpy(&v4, &address.storage, sizeof v4);
      return {transport, asio::ip::address_v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port), {}};
    }
    case AF_INET6: {
      sockaddr_in6 v6{};
      std::memcpy(&v6, &address.storage, sizeof v6);
      asio::ip::address_v6::bytes_type bytes;
      std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
      return {transport, asio::ip::address_v6(bytes, v6.sin6_scope_id), ntohs(v6.sin6_port), {}};
    }
    case AF_UNIX: {
      constexpr std::size_t before_path = sizeof(sa_family_t);
      if (address.size <= before_path) return local_endpoint({});
      sockaddr_un path{};
      std::memcpy(&path, &address.storage, std::min<std::size_t>(address.size, sizeof path));
      return local_endpoint({path.sun_path, ::strnlen(path.sun_path, address.size - before_path)});
    }
    default:
      return {transport, {}, 0, {}};
  }
}

}  // namespace portlab
