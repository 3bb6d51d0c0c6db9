#include "clients/net/sock_diag.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "clients/net/proc_net.hpp"
#include "common/system/netlink.hpp"

namespace portlab {

namespace {

constexpr int dumps_max = 5;                  // attempts to get a dump without interruption
constexpr std::uint32_t all_states = 0x1FFE;  // bits 1 to 12; 12 is a half-open SYN_RECV

SocketEnd end_of(const __be32 (&address)[4], __be16 port, std::uint8_t family) {
  SocketEnd end{{}, ntohs(port)};
  if (family == AF_INET) {
    end.address[10] = end.address[11] = 0xff;
    std::memcpy(&end.address[12], address, 4);
  } else {
    std::memcpy(end.address.data(), address, 16);
  }
  return end;
}

/// Reads the attribute INET_DIAG_SKV6ONLY of the message.
bool says_ipv6_only(ByteReader attributes) {
  while (const auto each = take_attribute(attributes))
    if (each->type == INET_DIAG_SKV6ONLY) return !each->value.empty() && each->value.front() != 0;
  return false;
}

std::optional<SocketRow> parse_row(ByteReader payload, Transport transport) {
  const auto message = take_struct<inet_diag_msg>(payload);
  if (!message) return std::nullopt;
  const auto family = message->idiag_family;
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  SocketRow row;
  row.transport = transport;
  row.state = message->idiag_state == 12 ? TcpState::syn_recv  // TCP_NEW_SYN_RECV
                                         : static_cast<TcpState>(message->idiag_state);
  row.ipv6_socket = family == AF_INET6;
  row.ipv6_only = row.ipv6_socket && says_ipv6_only(payload);
  row.interface = message->id.idiag_if;
  row.user_id = message->idiag_uid;
  row.inode = message->idiag_inode;
  row.receive_queue = message->idiag_rqueue;
  row.send_queue = message->idiag_wqueue;
  row.local = end_of(message->id.idiag_src, message->id.idiag_sport, family);
  row.remote = end_of(message->id.idiag_dst, message->id.idiag_dport, family);
  return row;
}

/// Appends the rows of the messages of a dump.
OnMessage add_rows(Transport transport, std::vector<SocketRow>& rows) {
  return [transport, &rows](std::uint16_t type, Bytes payload) {
    if (type != SOCK_DIAG_BY_FAMILY) return;
    if (const auto row = parse_row(ByteReader(payload), transport)) rows.push_back(*row);
  };
}

}  // namespace

DumpStatus parse_dump(Bytes datagram, std::uint32_t sequence, Transport transport,
                      std::vector<SocketRow>& rows) {
  return read_dump(datagram, sequence, add_rows(transport, rows));
}

namespace {

/// Asks for all sockets of a family and transport. Returns an errno, 0 for success.
int ask(NetlinkSocket& kernel, std::uint8_t family, Transport transport) {
  inet_diag_req_v2 request{};
  request.sdiag_family = family;
  request.sdiag_protocol = transport == Transport::tcp ? IPPROTO_TCP : IPPROTO_UDP;
  request.idiag_states = all_states;
  std::array<std::uint8_t, sizeof request> body{};
  std::memcpy(body.data(), &request, sizeof request);
  return kernel.ask_for_dump(SOCK_DIAG_BY_FAMILY, body);
}

Error explain(int error, Transport transport) {
  const std::string what = "reading the kernel's table of " + std::string(to_string(transport)) +
                           " sockets (netlink, sock_diag): ";
  const std::string why = std::generic_category().message(error);
  switch (error) {
    case EPERM:
    case EACCES:
      return {what + why +
              ": a sandbox or a container's seccomp profile forbids it: run this "
              "outside of it, or allow socket(AF_NETLINK, …, NETLINK_SOCK_DIAG)"};
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ENOENT:
      return {what + why +
              ": this kernel or sandbox has no inet_diag: on a machine of your own try "
              "'sudo modprobe -a tcp_diag udp_diag'; in a sandbox, run this outside of it"};
    default:
      return {what + why + ": try again"};
  }
}

/// Appends the sockets of one family and transport, from the kernel.
std::optional<Error> dump(NetlinkSocket& kernel, std::uint8_t family, Transport transport,
                          std::vector<SocketRow>& rows) {
  const auto before = rows.size();
  bool interrupted = true;
  // After the last attempt, an interrupted answer is used as it is.
  for (int tries = 0; interrupted && tries < dumps_max; ++tries) {
    rows.resize(before);
    interrupted = false;
    int failed = ask(kernel, family, transport);
    if (failed == 0) failed = kernel.receive(add_rows(transport, rows), interrupted);
    if (failed != 0) {
      rows.resize(before);
      return explain(failed, transport);
    }
  }
  return std::nullopt;
}

/// Reads the sockets of one transport. Returns why they are unknown; empty: they are known.
std::string read_transport(NetlinkSocket& kernel, int not_open, Transport transport,
                           const SocketQuery& query, SocketTable& table) {
  const auto before = table.rows.size();
  std::string unknown;
  for (const bool ipv6 : {false, true}) {
    if (!(ipv6 ? query.ipv6 : query.ipv4)) continue;
    const std::optional<Error> error =
        not_open != 0 ? explain(not_open, transport)
                      : dump(kernel, ipv6 ? AF_INET6 : AF_INET, transport, table.rows);
    if (!error) continue;
    table.from_proc = true;
    const auto from_proc = read_proc_net(transport, ipv6, table.rows);
    if (!from_proc && unknown.empty()) unknown = error->text + "; " + from_proc.error().text;
  }
  if (!unknown.empty()) table.rows.resize(before);  // half of a table says nothing for certain
  return unknown;
}

}  // namespace

SocketTable read_socket_table(const SocketQuery& query) {
  SocketTable table;
  NetlinkSocket kernel;
  const int not_open = kernel.open(NETLINK_SOCK_DIAG);
  if (query.tcp) table.no_tcp = read_transport(kernel, not_open, Transport::tcp, query, table);
  if (query.udp) table.no_udp = read_transport(kernel, not_open, Transport::udp, query, table);
  return table;
}

Result<std::vector<SocketRow>> read_sockets(const SocketQuery& query) {
  auto table = read_socket_table(query);
  if (!table.complete()) return Error{table.no_tcp.empty() ? table.no_udp : table.no_tcp};
  return std::move(table.rows);
}

}  // namespace portlab
