#pragma once
// The plan of the office: its hosts, their addresses, and the commands that connect them. Constant
// values: nothing is executed here.
//
//   pc1 192.168.1.11 ─────┐
//   pc2 192.168.1.12 ─────┤        lan                   wan
//   pc3 192.168.1.13 ─────┼ switch ─── router ────────────── internet 203.0.113.80
//   server1 192.168.1.10 ─┘  192.168.1.1   203.0.113.1

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/net.hpp"

namespace portlab::office {

/// The folder of the office's files; it exists only in the mount namespaces of the hosts.
inline constexpr const char* folder = "/etc/portlab-office";

/// A host, in its own network, UTS and mount namespace.
struct Host {
  std::string_view name;
  std::string_view address;       ///< of eth0, or of the router's lan; empty: the switch has none
  std::string_view second = {};   ///< the address of the router's wan
  std::string_view servers = {};  ///< the addresses of its DNS servers, separated by spaces
  bool has_portlabd = false;
};

inline constexpr std::string_view router_address = "192.168.1.1";
inline constexpr std::string_view outside_address = "203.0.113.1";
inline constexpr std::string_view server1_address = "192.168.1.10";
inline constexpr std::string_view internet_address = "203.0.113.80";

/// All of them, in the order in which they are made: a cable is made by its second end.
std::span<const Host> hosts();
/// The host of this name; null: there is none.
const Host* find_host(std::string_view name);
/// The host that has this address; null: none.
const Host* host_at(const asio::ip::address& address);
/// "pc1, pc2, …".
std::string host_names();

/// A program that runs in a host.
struct HostCommand {
  std::string_view host;
  std::vector<std::string> words;
  bool may_fail = false;

  /// As it is typed at a shell prompt.
  std::string text() const;
};

/// The commands of ip(8) and nft(8) that connect the hosts, in order.
std::vector<HostCommand> commands();

/// A file below `folder`.
struct PlanFile {
  std::string path;  ///< "pc1/resolv.conf"
  std::string text;
};
/// The files of all hosts: resolv.conf, hosts, hostname; the router's rules for nft(8); the start-up
/// file of bash; and "hosts", the names of all of them. Programs look up names in the DNS, and only
/// captures, which must not send questions, read that file ($PORTLAB_HOSTS).
std::vector<PlanFile> files();

}  // namespace portlab::office
