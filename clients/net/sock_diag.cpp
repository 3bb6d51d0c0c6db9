#include "clients/net/sock_diag.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace portlab {

namespace {

constexpr std::size_t datagram_bytes_max = 64 * 1024;  // the kernel sends dumps in at most 32 KiB
constexpr int dumps_max = 5;  // attempts to get a dump without interruption
constexpr int wait_seconds_max = 5;
constexpr std::uint32_t all_states = 0x1FFE;  // bits 1 to 12; 12 is a half-open SYN_RECV

/// Copies a structure from bytes that may not be aligned for it.
template <class T>
std::optional<T> take_struct(ByteReader& reader) {
  const auto bytes = reader.take(sizeof(T));
  if (!bytes) return std::nullopt;
  T value;
  std::memcpy(&value, bytes->data(), sizeof value);
  return value;
}

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
  while (const auto head = take_struct<nlattr>(attributes)) {
    if (head->nla_len < sizeof(nlattr)) return false;
    const auto value = attributes.take(head->nla_len - sizeof(nlattr));
    if (!value) return false;
    if (head->nla_type == INET_DIAG_SKV6ONLY) return !value->empty() && value->front() != 0;
    if (!attributes.take(NLA_ALIGN(head->nla_len) - head->nla_len)) return false;
  }
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

/// An errno in the payload of NLMSG_ERROR and, for a dump that failed halfway, of NLMSG_DONE.
int errno_in(ByteReader payload) {
  const auto number = take_struct<std::int32_t>(payload);
  return number && *number < 0 ? -*number : 0;
}

}  // namespace

DumpStatus parse_dump(Bytes datagram, std::uint32_t sequence, Transport transport,
                      std::vector<SocketRow>& rows) {
  DumpStatus status;
  ByteReader reader(datagram);
  while (const auto head = take_struct<nlmsghdr>(reader)) {
    if (head->nlmsg_len < sizeof(nlmsghdr)) break;
    const auto payload = reader.take(head->nlmsg_len - sizeof(nlmsghdr));
    if (!payload) break;
    if (head->nlmsg_seq == sequence) {
      if ((head->nlmsg_flags & NLM_F_DUMP_INTR) != 0) status.interrupted = true;
      if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR) {
        status.done = true;
        status.error = errno_in(ByteReader(*payload));
        return status;
      }
      if (head->nlmsg_type == SOCK_DIAG_BY_FAMILY) {
        if (const auto row = parse_row(ByteReader(*payload), transport)) rows.push_back(*row);
      }
    }
    const auto padding = NLMSG_ALIGN(head->nlmsg_len) - head->nlmsg_len;
    if (!reader.take(padding)) break;
  }
  return status;
}

namespace {

/// A netlink socket for sock_diag(7). Its functions return an errno, 0 for success.
class DiagSocket {
 public:
  ~DiagSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  DiagSocket() = default;
  DiagSocket(const DiagSocket&) = delete;
  DiagSocket& operator=(const DiagSocket&) = delete;

  int open() {
    descriptor_ = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (descriptor_ < 0) return errno;
    const timeval timeout{wait_seconds_max, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    return 0;
  }

  int ask(std::uint8_t family, Transport transport) {
    struct {
      nlmsghdr head;
      inet_diag_req_v2 request;
    } message{};
    message.head.nlmsg_len = sizeof message;
    message.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message.head.nlmsg_seq = ++sequence_;
    message.request.sdiag_family = family;
    message.request.sdiag_protocol = transport == Transport::tcp ? IPPROTO_TCP : IPPROTO_UDP;
    message.request.idiag_states = all_states;
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    for (;;) {
      if (::sendto(descriptor_, &message, sizeof message, 0,
                   reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) >= 0)
        return 0;
      if (errno != EINTR) return errno;
    }
  }

  /// Appends the rows of the whole answer.
  int receive(Transport transport, std::vector<SocketRow>& rows, bool& interrupted) {
    for (;;) {
      const auto got = ::recv(descriptor_, buffer_.get(), datagram_bytes_max, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno == EAGAIN ? ETIMEDOUT : errno;
      const auto status =
          parse_dump({buffer_.get(), static_cast<std::size_t>(got)}, sequence_, transport, rows);
      interrupted = interrupted || status.interrupted;
      if (status.done) return status.error;
    }
  }

 private:
  int descriptor_ = -1;
  std::uint32_t sequence_ = 0;
  std::unique_ptr<std::uint8_t[]> buffer_ = std::make_unique<std::uint8_t[]>(datagram_bytes_max);
};

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

}  // namespace

Result<std::vector<SocketRow>> read_sockets(const SocketQuery& query) {
  struct Table {
    Transport transport;
    std::uint8_t family;
    bool wanted;
  };
  const Table tables[] = {{Transport::tcp, AF_INET, query.tcp && query.ipv4},
                          {Transport::tcp, AF_INET6, query.tcp && query.ipv6},
                          {Transport::udp, AF_INET, query.udp && query.ipv4},
                          {Transport::udp, AF_INET6, query.udp && query.ipv6}};
  DiagSocket kernel;
  if (const int failed = kernel.open()) return explain(failed, Transport::tcp);

  std::vector<SocketRow> rows;
  for (const auto& table : tables) {
    if (!table.wanted) continue;
    const auto before = rows.size();
    bool interrupted = true;
    // After the last attempt, an interrupted answer is used as it is.
    for (int tries = 0; interrupted && tries < dumps_max; ++tries) {
      rows.resize(before);
      interrupted = false;
      int failed = kernel.ask(table.family, table.transport);
      if (failed == 0) failed = kernel.receive(table.transport, rows, interrupted);
      if (failed == ENOENT && table.family == AF_INET6) break;  // a kernel without IPv6
      if (failed != 0) return explain(failed, table.transport);
    }
  }
  return rows;
}

}  // namespace portlab
