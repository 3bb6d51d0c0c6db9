#include "labs/network/office/host_tables.hpp"

#include <cstring>
#include <thread>

#include "labs/network/office/host_programs.hpp"

namespace portlab::office {

namespace {

SocketTable unknown_table(const std::string& why) {
  SocketTable table;
  table.no_tcp = table.no_udp = why;
  return table;
}

SocketTable read_table_of(const HostNamespaces& host) {
  if (const auto entered = enter_network(host); !entered.ok())
    return unknown_table(entered.step + std::string(": ") + std::strerror(entered.error));
  auto table = read_socket_table();
  // /proc/net is the process's network, not the thread's.
  return table.from_proc ? unknown_table("this kernel has no sock_diag(7)") : table;
}

}  // namespace

// A network namespace belongs to a thread (setns(2)). From the network of a host a process could not
// go back to its own: the office's privileges do not reach there.
std::map<std::string, SocketTable> read_host_tables(const RunningOffice& office) {
  std::map<std::string, SocketTable> tables;
  std::thread([&] {
    for (const auto& host : office.hosts) tables.emplace(host.name, read_table_of(host));
  }).join();
  return tables;
}

}  // namespace portlab::office
