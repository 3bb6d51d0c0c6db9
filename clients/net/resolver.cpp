#include "clients/net/resolver.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/case_conv.hpp>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"

namespace portlab {

namespace {

using Addresses = std::vector<asio::ip::address>;

std::string lower_without_final_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string lower(name);
  boost::algorithm::to_lower(lower, std::locale::classic());
  return lower;
}

/// localhost and all names below it are this machine, whatever a server answers (RFC 6761 section
/// 6.3).
bool is_localhost(std::string_view name) {
  const auto lower = lower_without_final_dot(name);
  return lower == "localhost" || lower.ends_with(".localhost");
}

/// The result of getaddrinfo(3), shared with its thread, which may run longer than the caller
/// waits.
struct Answer {
  std::mutex mutex;
  std::condition_variable arrived;
  bool done = false;
  int error = 0;
  Addresses addresses;
};

asio::ip::address from_sockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, address, sizeof v6);
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes, v6.sin6_scope_id);
}

void ask_system(const std::string& host, int family, const std::shared_ptr<Answer>& answer) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;  // without it, each address is listed once per socket type
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  const std::lock_guard lock(answer->mutex);
  for (const auto* entry = list; error == 0 && entry != nullptr; entry = entry->ai_next)
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6)
      answer->addresses.push_back(from_sockaddr(entry->ai_addr));
  answer->error = error;
  answer->done = true;
  answer->arrived.notify_all();
}

/// getaddrinfo(3) can't be cancelled: it runs in a thread, and a late result is dropped.
Addresses resolve_by_system(const std::string& host, const ClientOptions& options) {
  const int family = options.ipv4_only ? AF_INET : options.ipv6_only ? AF_INET6 : AF_UNSPEC;
  const auto answer = std::make_shared<Answer>();
  std::thread(ask_system, host, family, answer).detach();
  std::unique_lock lock(answer->mutex);
  if (!answer->arrived.wait_for(lock, options.timeout, [&] { return answer->done; }))
    throw CommandError(Exit::no_connection,
                       printable(host) + ": timed out: no name server answered within " +
                           in_seconds(options.timeout),
                       "its address instead of its name, or --timeout SECONDS")
        .explained_by(NetError::name, host);
  if (answer->error != 0 || answer->addresses.empty())
    throw CommandError(
        answer->error == EAI_NONAME ? Exit::peer_said_no : Exit::no_connection,
        printable(host) + ": no address: the system's resolver reports: " +
            (answer->error != 0 ? ::gai_strerror(answer->error) : "none of this family"),
        "is it spelt right? The lab's own names end in lab.test")
        .explained_by(NetError::name, host);
  return answer->addresses;
}

Addresses find_addresses(const std::string& host, const ClientOptions& options) {
  if (const auto literal = parse_address(host)) return {*literal};
  if (is_localhost(host))
    return {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
  if (is_lab_name(host)) return resolve_lab_name(host, options);
  return resolve_by_system(host, options);
}

}  // namespace

bool is_lab_name(std::string_view name) {
  const auto lower = lower_without_final_dot(name);
  return lower == "lab.test" || lower.ends_with(".lab.test");
}

Addresses resolve(const std::string& host, const ClientOptions& options) {
  auto found = find_addresses(host, options);
  const bool any = !found.empty();
  std::erase_if(found, [&](const asio::ip::address& address) {
    return (options.ipv4_only && !address.is_v4()) || (options.ipv6_only && !address.is_v6()) ||
           (options.source && options.source->is_v4() != address.is_v4());
  });
  if (!found.empty()) return found;
  if (!any)
    throw CommandError(Exit::peer_said_no, printable(host) + ": this name has no address")
        .explained_by(NetError::name, host);
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
