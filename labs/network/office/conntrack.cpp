#include "labs/network/office/conntrack.hpp"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <tuple>

#include "common/system/netlink.hpp"

namespace portlab::office {

namespace {

constexpr int dumps_max = 5;  // attempts to get a dump without interruption

/// The kernel's states of TCP (enum tcp_conntrack), as `conntrack -L` prints them.
constexpr std::array<std::string_view, 10> tcp_states{
    "NONE",       "SYN_SENT", "SYN_RECV",  "ESTABLISHED", "FIN_WAIT",
    "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE",       "SYN_SENT2"};

/// Calls `use` with the type and a reader of each attribute.
template <class Use>
void each_attribute(Bytes bytes, Use use) {
  ByteReader reader(bytes);
  while (const auto attribute = take_attribute(reader)) use(attribute->type, attribute->value);
}

std::uint16_t number16(Bytes value) { return ByteReader(value).u16().value_or(0); }
std::uint32_t number32(Bytes value) { return ByteReader(value).u32().value_or(0); }

void set_address(Bytes value, SocketEnd& end) {
  if (value.size() != 4) return;
  end.address[10] = end.address[11] = 0xff;
  std::ranges::copy(value, end.address.begin() + 12);
}

void parse_ports(Bytes attributes, PacketEnds& ends, std::uint8_t& protocol) {
  each_attribute(attributes, [&](std::uint16_t type, Bytes value) {
    if (type == CTA_PROTO_NUM && !value.empty()) protocol = value.front();
    if (type == CTA_PROTO_SRC_PORT) ends.source.port = number16(value);
    if (type == CTA_PROTO_DST_PORT) ends.destination.port = number16(value);
    if (type == CTA_PROTO_ICMP_ID) ends.source.port = ends.destination.port = number16(value);
  });
}

void parse_tuple(Bytes attributes, PacketEnds& ends, std::uint8_t& protocol) {
  each_attribute(attributes, [&](std::uint16_t type, Bytes value) {
    if (type == CTA_TUPLE_PROTO) parse_ports(value, ends, protocol);
    if (type != CTA_TUPLE_IP) return;
    each_attribute(value, [&](std::uint16_t which, Bytes address) {
      if (which == CTA_IP_V4_SRC) set_address(address, ends.source);
      if (which == CTA_IP_V4_DST) set_address(address, ends.destination);
    });
  });
}

std::string_view parse_tcp_state(Bytes attributes) {
  std::string_view state;
  each_attribute(attributes, [&](std::uint16_t type, Bytes value) {
    if (type != CTA_PROTOINFO_TCP) return;
    each_attribute(value, [&](std::uint16_t which, Bytes number) {
      if (which == CTA_PROTOINFO_TCP_STATE && !number.empty() && number[0] < tcp_states.size())
        state = tcp_states[number[0]];
    });
  });
  return state;
}

Error cannot_read(int error) {
  const auto what =
      "reading the router's table (netlink, ctnetlink): " + std::generic_category().message(error);
  if (error == EPERM || error == EACCES) return {what + ": a sandbox forbids it"};
  if (error == EINVAL || error == EOPNOTSUPP || error == EPROTONOSUPPORT)
    return {what +
            ": this kernel has no module nf_conntrack_netlink: sudo modprobe "
            "nf_conntrack_netlink"};
  return {what};
}

}  // namespace

std::string TrackedConnection::state() const {
  if (!answered) return tcp_state.empty() ? "UNREPLIED" : std::string(tcp_state) + " UNREPLIED";
  if (!tcp_state.empty()) return std::string(tcp_state);
  return assured ? "ASSURED" : "REPLIED";
}

std::string TrackedConnection::protocol_name() const {
  switch (protocol) {
    case IPPROTO_TCP:
      return "tcp";
    case IPPROTO_UDP:
      return "udp";
    case IPPROTO_ICMP:
      return "icmp";
    default:
      return std::to_string(protocol);
  }
}

std::optional<TrackedConnection> parse_tracked_connection(Bytes message) {
  ByteReader reader(message);
  const auto head = take_struct<nfgenmsg>(reader);
  if (!head || head->nfgen_family != AF_INET) return std::nullopt;
  TrackedConnection row;
  std::uint32_t status = 0;
  each_attribute(*reader.take(reader.left()), [&](std::uint16_t type, Bytes value) {
    if (type == CTA_TUPLE_ORIG) parse_tuple(value, row.original, row.protocol);
    if (type == CTA_TUPLE_REPLY) parse_tuple(value, row.reply, row.protocol);
    if (type == CTA_STATUS) status = number32(value);
    if (type == CTA_TIMEOUT) row.seconds = number32(value);
    if (type == CTA_PROTOINFO) row.tcp_state = parse_tcp_state(value);
  });
  if (!row.original.source.is_ipv4() || !row.reply.source.is_ipv4()) return std::nullopt;
  row.answered = (status & IPS_SEEN_REPLY) != 0;
  row.assured = (status & IPS_ASSURED) != 0;
  return row;
}

Result<std::vector<TrackedConnection>> read_conntrack() {
  NetlinkSocket kernel;
  if (const int failed = kernel.open(NETLINK_NETFILTER)) return cannot_read(failed);
  constexpr std::uint16_t type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET;
  constexpr std::array<std::uint8_t, sizeof(nfgenmsg)> body{AF_INET, NFNETLINK_V0, 0, 0};
  std::vector<TrackedConnection> rows;
  bool interrupted = true;
  // After the last attempt, an interrupted answer is used as it is.
  for (int tries = 0; interrupted && tries < dumps_max; ++tries) {
    rows.clear();
    interrupted = false;
    int failed = kernel.ask_for_dump(type, body);
    const auto add = [&](std::uint16_t, Bytes payload) {
      if (const auto row = parse_tracked_connection(payload)) rows.push_back(*row);
    };
    if (failed == 0) failed = kernel.receive(add, interrupted);
    if (failed != 0) return cannot_read(failed);
  }
  std::ranges::sort(rows, {}, [](const TrackedConnection& row) {
    return std::tie(row.protocol, row.original.destination, row.original.source);
  });
  return rows;
}

}  // namespace portlab::office
