// The checks of portlab doctor of ports and networks.

#include <algorithm>
#include <string>

#include "clients/doctor/checks.hpp"
#include "clients/net/host_info.hpp"
#include "common/known_services.hpp"
#include "common/port.hpp"
#include "common/system/port_settings.hpp"
#include "common/system/private_network.hpp"
#include "common/system/privileges.hpp"

namespace portlab {

namespace {

constexpr std::uint16_t usual_shift = 8000;

std::string joined(const std::vector<std::string>& words, const std::string& gap = ", ") {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : gap) + word;
  return text;
}

std::string range_text(const PortRange& range) {
  return std::to_string(range.first) + " to " + std::to_string(range.last);
}

Check check_room(const std::string& name, std::uint16_t shift, const std::string& instead) {
  const auto room = room_for_services(shift);
  if (room.complete())
    return {name, Answer::yes,
            services_and_ports(shift) +
                (shift == 0 ? " are free, and you may listen on them" : " are free")};
  if (room.taken.empty())
    return {name, Answer::no, "this user may not listen on " + joined(room.forbidden), instead};
  const std::string forbidden =
      room.forbidden.empty() ? "" : "; not allowed: " + joined(room.forbidden);
  return {name, room.forbidden.empty() ? Answer::limited : Answer::no,
          "in use: " + joined(room.taken, "; ") + forbidden, instead};
}

/// The error of a private network without its advice.
std::string without_instead(std::string text) {
  const auto end = text.find("; without it:");
  return text.substr(0, end);
}

}  // namespace

Check check_private_network() {
  const std::string name = "private network";
  if (is_in_private_network() && first_port_allowed() == 0)
    return {name, Answer::yes, "this process is in one: you may use all its ports"};
  const auto possible = private_network_possible();
  if (possible)
    return {name, Answer::yes,
            "user and network namespaces work, without root: portlabd --private"};
  return {name, Answer::no, without_instead(possible.error().text),
          "the real ports, if you may listen on them, or portlabd --shift 8000"};
}

Check check_low_ports() {
  const std::string name = "low ports";
  const auto first = first_unprivileged_port();
  const auto rule = "every user may listen on ports from " + std::to_string(first) + " on";
  if (first_port_allowed() != 0)
    return {name, Answer::no,
            rule +
                " (net.ipv4.ip_unprivileged_port_start), and this process lacks "
                "CAP_NET_BIND_SERVICE",
            "a private network, which has all ports: portlabd --private; or --shift 8000"};
  const bool capable = (effective_capabilities() & cap_net_bind_service) != 0;
  return {name, Answer::yes,
          capable ? "this process has CAP_NET_BIND_SERVICE: it may listen on every port"
                  : rule + " (net.ipv4.ip_unprivileged_port_start)"};
}

Check check_real_ports() {
  return check_room("real ports", 0, "portlabd --private, or portlabd --shift 8000");
}

Check check_moved_ports() {
  return check_room("ports + 8000", usual_shift, "another --shift: portlabd --shift 18000");
}

Check check_ipv6() {
  if (has_ipv6_loopback()) return {"IPv6", Answer::yes, "::1 works"};
  return {"IPv6", Answer::no,
          "::1 does not work (net.ipv6.conf.lo.disable_ipv6, or a kernel without IPv6)",
          "127.0.0.1: all labs work with IPv4"};
}

Check check_ephemeral_range() {
  const std::string name = "ephemeral ports";
  constexpr std::uint32_t enough = 2000;  // a lab has 1,000 sessions, and as many in TIME_WAIT
  const auto range = ephemeral_range();
  if (!range) return {name, Answer::limited, "the range can't be read", "--from"};
  const auto dynamic = range_of(PortCategory::dynamic);
  auto text = range_text(*range) + ", " + std::to_string(range->size()) + " ports; ";
  const bool same = range->first == dynamic.first && range->last == dynamic.last;
  text += same ? "the same as IANA's dynamic range"
               : "IANA's dynamic range is " + range_text(dynamic) + " (RFC 6335 section 6)";
  if (range->size() >= enough) return {name, Answer::yes, text};
  return {name, Answer::limited, text + ": few for the lab with 1,000 sessions",
          "sudo sysctl net.ipv4.ip_local_port_range=\"32768 60999\""};
}

Diagnosis diagnose() {
  Diagnosis found;
  const auto network = check_private_network();
  const auto real = check_real_ports();
  const auto moved = check_moved_ports();
  const auto control = check_control_socket();
  const auto portlabd = check_portlabd();
  const bool is_private = network.answer == Answer::yes;
  found.checks = {network,
                  check_low_ports(),
                  real,
                  moved,
                  check_ipv6(),
                  check_ephemeral_range(),
                  check_open_files(),
                  check_landlock(),
                  check_capture(is_private),
                  portlabd,
                  control,
                  check_terminal(),
                  check_tools()};
  if (is_private)
    found.how = "in a private network (portlabd --private)";
  else if (real.answer == Answer::yes)
    found.how = "on the real ports (portlabd)";
  else if (moved.answer == Answer::yes)
    found.how = "on moved ports (portlabd --shift 8000)";
  else
    found.why_not = "neither a private network, nor the real ports, nor those 8000 above";
  found.remedy =
      found.how.empty() ? "portlabd --shift 18000, or stop the programs that have the ports" : "";
  for (const auto* needed : {&control, &portlabd}) {
    if (needed->answer == Answer::yes) continue;
    found.how.clear();
    found.why_not = needed->name + ": " + needed->reason;
    found.remedy = needed->instead;
  }
  return found;
}

}  // namespace portlab
