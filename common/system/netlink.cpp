#include "common/system/netlink.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <vector>

namespace portlab {

namespace {

constexpr std::size_t datagram_bytes_max = 64 * 1024;  // the kernel sends dumps in at most 32 KiB
constexpr int wait_seconds_max = 5;

/// An errno in the payload of NLMSG_ERROR and, for a dump that failed halfway, of NLMSG_DONE.
int errno_in(Bytes payload) {
  ByteReader reader(payload);
  const auto number = take_struct<std::int32_t>(reader);
  return number && *number < 0 ? -*number : 0;
}

}  // namespace

std::optional<NetlinkAttribute> take_attribute(ByteReader& reader) {
  const auto head = take_struct<nlattr>(reader);
  if (!head || head->nla_len < sizeof(nlattr)) return std::nullopt;
  const std::size_t size = head->nla_len - sizeof(nlattr);
  const auto value = reader.take(size);
  if (!value) return std::nullopt;
  const auto padding = NLA_ALIGN(head->nla_len) - head->nla_len;
  // The last attribute may have no padding.
  if (!reader.take(static_cast<std::size_t>(padding))) reader.take(reader.left());
  return NetlinkAttribute{static_cast<std::uint16_t>(head->nla_type & NLA_TYPE_MASK), *value};
}

DumpStatus read_dump(Bytes datagram, std::uint32_t sequence, const OnMessage& on_message) {
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
        status.error = errno_in(*payload);
        return status;
      }
      on_message(head->nlmsg_type, *payload);
    }
    const auto padding = NLMSG_ALIGN(head->nlmsg_len) - head->nlmsg_len;
    if (!reader.take(padding)) break;
  }
  return status;
}

int NetlinkSocket::open(int protocol) {
  descriptor_ = FileDescriptor(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!descriptor_) return errno;
  const timeval timeout{wait_seconds_max, 0};
  ::setsockopt(descriptor_.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  buffer_ = std::make_unique<std::uint8_t[]>(datagram_bytes_max);
  return 0;
}

int NetlinkSocket::ask_for_dump(std::uint16_t type, Bytes body) {
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + body.size());
  head.nlmsg_type = type;
  head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  head.nlmsg_seq = ++sequence_;
  std::vector<std::uint8_t> message(sizeof head + body.size());
  std::memcpy(message.data(), &head, sizeof head);
  std::memcpy(message.data() + sizeof head, body.data(), body.size());
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  for (;;) {
    if (::sendto(descriptor_.get(), message.data(), message.size(), 0,
                 reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) >= 0)
      return 0;
    if (errno != EINTR) return errno;
  }
}

int NetlinkSocket::receive(const OnMessage& on_message, bool& interrupted) {
  for (;;) {
    const auto got = ::recv(descriptor_.get(), buffer_.get(), datagram_bytes_max, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN ? ETIMEDOUT : errno;
    const auto status =
        read_dump({buffer_.get(), static_cast<std::size_t>(got)}, sequence_, on_message);
    interrupted = interrupted || status.interrupted;
    if (status.done) return status.error;
  }
}

}  // namespace portlab
