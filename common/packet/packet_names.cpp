// The names of TCP's flags and of ICMP's messages.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "common/packet/packet.hpp"

namespace portlab {

namespace {

struct IcmpName {
  std::uint8_t type;
  int code;  // -1: any
  std::string_view name;
};

// https://www.iana.org/assignments/icmp-parameters and icmpv6-parameters
constexpr std::array icmp_names{
    IcmpName{0, -1, "echo reply (ping)"},
    IcmpName{3, 0, "network unreachable"},
    IcmpName{3, 1, "host unreachable"},
    IcmpName{3, 2, "protocol unreachable"},
    IcmpName{3, 3, "port unreachable"},
    IcmpName{3, 4, "packet too big"},
    IcmpName{3, 9, "network administratively prohibited"},
    IcmpName{3, 10, "host administratively prohibited"},
    IcmpName{3, 13, "administratively prohibited"},
    IcmpName{3, -1, "destination unreachable"},
    IcmpName{5, -1, "redirect"},
    IcmpName{8, -1, "echo request (ping)"},
    IcmpName{11, -1, "time exceeded"},
    IcmpName{12, -1, "parameter problem"},
};
constexpr std::array icmpv6_names{
    IcmpName{1, 0, "no route"},
    IcmpName{1, 1, "administratively prohibited"},
    IcmpName{1, 3, "address unreachable"},
    IcmpName{1, 4, "port unreachable"},
    IcmpName{1, -1, "destination unreachable"},
    IcmpName{2, -1, "packet too big"},
    IcmpName{3, -1, "time exceeded"},
    IcmpName{4, -1, "parameter problem"},
    IcmpName{128, -1, "echo request (ping)"},
    IcmpName{129, -1, "echo reply (ping)"},
    IcmpName{133, -1, "router solicitation"},
    IcmpName{134, -1, "router advertisement"},
    IcmpName{135, -1, "neighbor solicitation"},
    IcmpName{136, -1, "neighbor advertisement"},
    IcmpName{143, -1, "multicast listener report"},
};

template <class Names>
std::string_view find_name(const Names& names, const IcmpMessage& message) {
  const auto found = std::ranges::find_if(names, [&](const IcmpName& name) {
    return name.type == message.type && (name.code < 0 || name.code == message.code);
  });
  return found == names.end() ? std::string_view{} : found->name;
}

}  // namespace

std::string TcpFlags::to_string(bool all) const {
  struct Flag {
    std::uint8_t bit;
    std::string_view name;
    bool always;
  };
  constexpr std::array<Flag, 6> flags{{{syn, "SYN", true},
                                       {fin, "FIN", true},
                                       {rst, "RST", true},
                                       {psh, "PSH", false},
                                       {urg, "URG", false},
                                       {ack, "ACK", true}}};
  std::string text;
  for (const auto& flag : flags)
    if (has(flag.bit) && (all || flag.always))
      text += (text.empty() ? "" : " ") + std::string(flag.name);
  return text;
}

std::string IcmpMessage::to_string() const {
  const auto name = v6 ? find_name(icmpv6_names, *this) : find_name(icmp_names, *this);
  if (!name.empty()) return std::string(name);
  return "type " + std::to_string(type) + ", code " + std::to_string(code);
}

}  // namespace portlab
