#pragma once
// The address of this server as the asking host must use it. A loopback address in the zone
// (127.0.0.0/8, ::1) means "this server"; for a host on another machine it would mean that machine
// itself. A question from there gets the address at which it arrived instead.

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "common/endpoint.hpp"
#include "common/session_row.hpp"
#include "common/system/interfaces.hpp"

namespace portlab::dns {

/// The two ends of a question: the client's, and the address and port at which it arrived.
struct QuestionEnds {
  const Endpoint& client;
  const Endpoint& server;
};

/// An IPv4 and an IPv6 address of this server; nullopt: it can't be reached in that family.
struct ServerAddresses {
  std::optional<asio::ip::address> v4;
  std::optional<asio::ip::address> v6;
};

/// The address at which a question arrived, and one of the other family on the same interface if a
/// TCP listener is open there. Link-local IPv6 addresses are left out: a name cannot hold their
/// zone.
ServerAddresses addresses_beside(const asio::ip::address& arrived_at,
                                 const std::vector<ListenerRow>& listeners,
                                 const std::vector<InterfaceAddress>& interfaces);

/// Finds the addresses for each question. Thread-safe.
class ServerAddressFinder {
 public:
  using Listeners = std::function<std::vector<ListenerRow>()>;
  using Interfaces = std::function<std::vector<InterfaceAddress>()>;

  /// `public_addresses` (at most one of each family) are given to all other hosts, whatever address
  /// the question arrived at: behind NAT the server does not see the address that its clients use.
  ServerAddressFinder(std::vector<asio::ip::address> public_addresses, Listeners listeners,
                      Interfaces interfaces = interface_addresses);

  /// nullopt: the question came from this machine, so the loopback addresses of the zone are right.
  std::optional<ServerAddresses> find(const QuestionEnds& ends) const;

 private:
  ServerAddresses of_machine(const asio::ip::address& arrived_at) const;

  // Reading the interfaces is a dozen system calls, so an answer is used for a second.
  struct Known {
    asio::ip::address arrived_at;
    ServerAddresses addresses;
    std::chrono::steady_clock::time_point until;
  };

  ServerAddresses public_;
  const Listeners listeners_;
  const Interfaces interfaces_;
  mutable std::mutex mutex_;
  mutable std::vector<Known> known_;  // at most known_max
};

}  // namespace portlab::dns
