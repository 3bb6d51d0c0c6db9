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
/// addresses and localhost ask nobody; names that end in lab.test are asked of the lab's DNS
/// server; all others of the system, for at most options.timeout. Obeys -4 and -6.
std::vector<asio::ip::address> resolve(const std::string& host, const ClientOptions& options);

/// Whether this is lab.test or a name below it, in any case, with or without the final dot.
bool is_lab_name(std::string_view name);

/// The addresses of a name below lab.test, asked of options.dns. Empty where the name exists
/// without addresses; a CommandError where the name does not exist (exit status 1) or nobody answers
/// (3).
std::vector<asio::ip::address> resolve_lab_name(const std::string& name,
                                                const ClientOptions& options);

/// Where a service is found: an SRV record (RFC 2782).
struct ServiceLocation {
  std::string host;
  std::uint16_t port = 0;
};

/// Where to find a service such as "_http._tcp.lab.test", best first, asked of options.dns; empty
/// where the name does not exist or has no SRV record. A CommandError where it says "no such service"
/// (exit status 1), or nobody answers (3).
std::vector<ServiceLocation> find_service(const std::string& srv_name,
                                          const ClientOptions& options);

}  // namespace portlab
