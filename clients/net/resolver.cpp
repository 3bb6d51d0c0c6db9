#include "clients/net/resolver.hpp"

#include <netdb.h>

#include <future>
#include <thread>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/system/host_lookup.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

using Addresses = std::vector<asio::ip::address>;

/// Whether a name is this domain or below it, in any case, with or without the final dot.
bool is_in(std::string_view name, std::string_view domain) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > domain.size()) {
    const auto below = name.size() - domain.size();
    if (name[below - 1] != '.') return false;
    name.remove_prefix(below);
  }
  return equal_ignoring_case(name, domain);
}

CommandError no_address(Exit exit, const std::string& host, const std::string& why,
                        std::string advice = {}) {
  return CommandError(exit, printable(host) + ": " + why, std::move(advice))
      .explained_by(NetError::name, shell_word(host));
}

/// getaddrinfo(3) can't be cancelled: it runs in a thread, and a late result is dropped.
Addresses resolve_by_system(const std::string& host, const ClientOptions& options) {
  const int family = options.ipv4_only ? AF_INET : options.ipv6_only ? AF_INET6 : AF_UNSPEC;
  std::packaged_task<ResolverAnswer()> ask([host, family] { return ask_resolver(host, family); });
  auto result = ask.get_future();
  std::thread(std::move(ask)).detach();
  if (result.wait_for(options.timeout) != std::future_status::ready)
    throw no_address(Exit::no_connection, host,
                     "timed out: no name server answered within " + in_seconds(options.timeout),
                     "its address instead of its name, or --timeout SECONDS");
  auto answer = result.get();
  if (answer.error != 0 || answer.addresses.empty())
    throw no_address(answer.error == EAI_NONAME ? Exit::failed : Exit::no_connection, host,
                     std::string("no address: the system's resolver reports: ") +
                         (answer.error != 0 ? ::gai_strerror(answer.error) : "none of this family"),
                     "is it spelt right? The lab's own names end in lab.test");
  return std::move(answer.addresses);
}

Addresses find_addresses(const std::string& host, const ClientOptions& options) {
  if (const auto literal = parse_address(host)) return {*literal};
  // localhost and all names below it are this machine, whatever a server answers (RFC 6761 section
  // 6.3).
  if (is_localhost(host))
    return {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
  if (is_lab_name(host)) return resolve_lab_name(host, options);
  return resolve_by_system(host, options);
}

}  // namespace

bool is_lab_name(std::string_view name) { return is_in(name, "lab.test"); }

bool is_localhost(std::string_view name) { return is_in(name, "localhost"); }

Addresses resolve(const std::string& host, const ClientOptions& options) {
  auto found = find_addresses(host, options);
  const bool any = !found.empty();
  std::erase_if(found, [&](const asio::ip::address& address) {
    return (options.ipv4_only && !address.is_v4()) || (options.ipv6_only && !address.is_v6()) ||
           (options.source && options.source->is_v4() != address.is_v4());
  });
  if (!found.empty()) return found;
  if (!any) throw no_address(Exit::failed, host, "this name has no address");
  const bool by_source = options.source && !options.ipv4_only && !options.ipv6_only;
  const bool want_v6 = by_source ? options.source->is_v6() : options.ipv6_only;
  throw usage_failure(printable(host) + " has no " + (want_v6 ? "IPv6" : "IPv4") +
                          " address, and " +
                          (by_source ? "--source is one"
                           : want_v6 ? "-6 requires one"
                                     : "-4 requires one"),
                      by_source ? "--source with an address of the other family, or none"
                                : "without " + std::string(want_v6 ? "-6" : "-4"));
}

}  // namespace portlab
