#pragma once
// From a name to addresses: literal addresses, localhost, the lab's names, and all others.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/options.hpp"
#include "common/net.hpp"

namespace portlab {

/// The addresses to try, in order; never empty: a name without addresses is a CommandError. Literal
/// addresses and localhost need no server; names that end in lab.test are resolved by the lab's DNS
/// server; others by the system's resolver, within options.timeout. Applies -4 and -6.
std::vector<asio::ip::address> resolve(const std::string& host, const ClientOptions& options);

/// Whether this is lab.test or a name below it, in any case, with or without the final dot.
bool is_lab_name(std::string_view name);
/// Whether this is localhost or a name below it, likewise: this machine (RFC 6761 section 6.3).
bool is_localhost(std::string_view name);

/// The addresses of a name below lab.test, from dns_server(). Empty when the name exists without
/// addresses; a CommandError when it does not exist (exit status 1) or there is no answer (3).
std::vector<asio::ip::address> resolve_lab_name(const std::string& name,
                                                const ClientOptions& options);

/// The host and port of a service, from an SRV record (RFC 2782).
struct ServiceLocation {
  std::string host;
  std::uint16_t port = 0;
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
};

/// The SRV records of a name such as "_http._tcp.lab.test", best first, from dns_server(); empty
/// when the name does not exist or has none. A CommandError when the record means "not available"
/// (exit status 1), or there is no answer (3).
std::vector<ServiceLocation> find_service(const std::string& srv_name,
                                          const ClientOptions& options);

}  // namespace portlab
