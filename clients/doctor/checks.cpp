#include "clients/doctor/checks.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <boost/algorithm/string/join.hpp>
#include <filesystem>

#include "clients/cli/terminal.hpp"
#include "clients/net/host_info.hpp"
#include "clients/net/server_place.hpp"
#include "clients/net/sock_diag.hpp"
#include "common/control_path.hpp"
#include "common/known_services.hpp"
#include "common/port.hpp"
#include "common/system/file_descriptor.hpp"
#include "common/system/landlock.hpp"
#include "common/system/namespace_advice.hpp"
#include "common/system/own_path.hpp"
#include "common/system/port_settings.hpp"
#include "common/system/private_network.hpp"
#include "common/system/privileges.hpp"

namespace portlab {

namespace {

// Ports and networks ------------------------------------------------------------------------------

using boost::algorithm::join;

constexpr std::uint16_t usual_shift = 8000;

std::string range_text(const PortRange& range) {
  return std::to_string(range.first) + " to " + std::to_string(range.last);
}

/// Where a portlabd can run on this machine.
struct Ways {
  bool private_network = false;
  bool real_ports = false;
  bool moved_ports = false;
};

/// The ways that work on this machine, as a list; for the text about a way that does not.
std::string to_text(const Ways& ways) {
  std::vector<std::string> texts;
  if (ways.private_network) texts.emplace_back("a private network: portlabd --private");
  if (ways.real_ports) texts.emplace_back("the real ports: portlabd");
  if (ways.moved_ports) texts.emplace_back("moved ports: portlabd --shift 8000");
  if (texts.empty()) texts.emplace_back("ports that are moved further: portlabd --shift 18000");
  return join(texts, "; or ");
}

Check check_room(const std::string& name, const RoomForServices& room, std::uint16_t shift,
                 const std::string& instead) {
  if (room.complete())
    return {name, Answer::yes,
            services_and_ports(shift) +
                (shift == 0 ? " are free, and you may listen on them" : " are free")};
  if (room.taken.empty())
    return {name, Answer::no, "this user may not listen on " + join(room.forbidden, ", "), instead};
  const std::string forbidden =
      room.forbidden.empty() ? "" : "; not allowed: " + join(room.forbidden, ", ");
  return {name, room.forbidden.empty() ? Answer::limited : Answer::no,
          "in use: " + join(room.taken, "; ") + forbidden, instead};
}

Check check_private_network(const Ways& ways) {
  const std::string name = "private network";
  if (is_in_private_network() && first_port_allowed() == 0)
    return {name, Answer::yes, "this process is in one: you may use all its ports"};
  const auto possible = private_network_possible();
  if (possible)
    return {name, Answer::yes,
            "user and network namespaces work, without root: portlabd --private"};
  const auto& error = possible.error().text;
  return {name, Answer::no, error.substr(0, error.find("; without it:")), to_text(ways)};
}

Check check_low_ports(Ways ways) {
  ways.real_ports = false;
  const std::string name = "low ports";
  const auto first = first_unprivileged_port();
  const auto rule = "every user may listen on ports from " + std::to_string(first) + " on";
  if (first_port_allowed() != 0)
    return {name, Answer::no,
            rule +
                " (net.ipv4.ip_unprivileged_port_start), and this process lacks "
                "CAP_NET_BIND_SERVICE",
            to_text(ways)};
  const bool capable = (effective_capabilities() & cap_net_bind_service) != 0;
  return {name, Answer::yes,
          capable ? "this process has CAP_NET_BIND_SERVICE: it may listen on every port"
                  : rule + " (net.ipv4.ip_unprivileged_port_start)"};
}

Check check_loopback() {
  const std::string name = "loopback";
  if (loopback_is_down())
    return {name, Answer::no, "the interface lo is down, as in a new network namespace",
            loopback_up_advice};
  if (has_ipv6_loopback()) return {name, Answer::yes, "127.0.0.1 and ::1 work"};
  return {name, Answer::limited,
          "127.0.0.1 works, ::1 does not (net.ipv6.conf.lo.disable_ipv6, or a kernel without IPv6)",
          "127.0.0.1: all labs work with IPv4"};
}

/// Whether the sockets of this machine can be read: portlab netstat and why, the tour, and the labs
/// show and check them.
Check check_socket_table() {
  const std::string name = "socket table";
  const auto table = read_socket_table();
  if (table.complete() && !table.from_proc)
    return {name, Answer::yes, "all sockets can be read (sock_diag)"};
  if (table.complete())
    return {name, Answer::limited,
            "read from /proc/net: this system has no sock_diag for all of it",
            "all labs work; the limits of accept queues are unknown"};
  const bool none = !table.no_tcp.empty() && !table.no_udp.empty();
  return {name, none ? Answer::no : Answer::limited,
          none                   ? table.no_tcp
          : table.no_tcp.empty() ? "udp is unknown: " + table.no_udp
                                 : "tcp is unknown: " + table.no_tcp,
          "another machine or container for the labs, which look at the sockets"};
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

// Limits, confinement, tools, terminal --------------------------------------------------------------

/// Whether this process may capture packets: tries to open a packet socket. With protocol 0 it
/// receives nothing (packet(7)).
bool may_capture() {
  return static_cast<bool>(FileDescriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)));
}

/// Whether the program has privileges: set-user-ID root, or file capabilities.
bool brings_privileges(const std::string& program) {
  struct stat facts {};
  if (program.empty() || ::stat(program.c_str(), &facts) != 0) return false;
  const bool set_user_id = (facts.st_mode & S_ISUID) != 0 && facts.st_uid == 0;
  return set_user_id || ::getxattr(program.c_str(), "security.capability", nullptr, 0) > 0;
}

/// Whether a missing folder could be created in its parent.
bool can_be_created(const std::filesystem::path& folder) {
  auto parent = folder.parent_path();
  std::error_code failed;
  return std::filesystem::is_directory(parent, failed) &&
         ::access(parent.c_str(), W_OK | X_OK) == 0;
}

Check check_open_files() {
  const std::string name = "open files";
  constexpr rlim_t enough = 1100;  // 1,000 sessions of a lab, and the other files of a process
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto text = "at most " + std::to_string(limit.rlim_max) +
                    " for a process (ulimit -Hn), one for each session";
  if (limit.rlim_max >= enough) return {name, Answer::yes, text};
  return {name, Answer::limited, text + ": too few for the lab with 1,000 sessions",
          "fewer --sessions; or nofile in /etc/security/limits.conf"};
}

Check check_landlock() {
  const auto version = landlock_version();
  if (version > 0)
    return {"Landlock", Answer::yes,
            "version " + std::to_string(version) +
                ": portlabd restricts itself to the files that it serves"};
  return {"Landlock", Answer::no, "this kernel has none, or it is off (Linux 5.13 has it)",
          "portlabd runs without it; do not run it as root then"};
}

Check check_capture(bool private_network) {
  const std::string name = "packet capture";
  std::string tool;
  for (const char* each : {"tcpdump", "dumpcap", "tshark"})
    if (tool.empty()) tool = program_in_path(each);
  const std::string watch = "portlab netstat --pairs --watch shows sessions, not packets";
  if (tool.empty())
    return {name, Answer::no, "neither tcpdump nor dumpcap is installed",
            watch + "; sudo apt-get install tcpdump"};
  if (may_capture()) return {name, Answer::yes, tool + ", and this process has CAP_NET_RAW"};
  if (brings_privileges(tool))
    return {name, Answer::yes, tool + ", which has the privileges for it"};
  const auto lacks = tool + " is installed, but this process lacks CAP_NET_RAW";
  if (private_network)
    return {name, Answer::limited, lacks,
            "in the private network it works: portlab enter tcpdump -ni lo"};
  return {name, Answer::no, lacks, watch + "; sudo tcpdump -ni lo"};
}

Check check_control_socket() {
  const std::string name = "control socket";
  const std::string instead =
      "export PORTLAB_CONTROL=$HOME/portlab/control (the folder must belong to you)";
  const auto path = default_control_path();
  const auto folder = std::filesystem::path(path).parent_path();
  struct stat facts {};
  if (::lstat(folder.c_str(), &facts) != 0) {
    if (can_be_created(folder)) return {name, Answer::yes, printable(path) + " can be created"};
    return {name, Answer::no, printable(folder.string()) + " does not exist and can't be created",
            instead};
  }
  if (const auto fit = check_control_folder(control_path_for("lab")); !fit)
    return {name, Answer::no, printable(fit.error().text), instead};
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    return {name, Answer::no, printable(folder.string()) + ": this user can't write there",
            instead};
  return {name, Answer::yes, printable(path)};
}

Check check_terminal() {
  const std::string name = "terminal";
  constexpr unsigned usual = 80;
  const auto room = room_of(STDOUT_FILENO);
  const bool unicode = style_of(STDOUT_FILENO).unicode;
  const std::string width = room ? std::to_string(*room) + " columns" : "none on stdout";
  const std::string text = std::string(unicode ? "UTF-8" : "ASCII only") + ", " + width;
  if (!unicode) return {name, Answer::limited, text + ": arrows are ->", "export LC_ALL=C.UTF-8"};
  if (room && *room < usual)
    return {name, Answer::limited, text + ": tables are wrapped", "a wider window: 80 columns"};
  return {name, Answer::yes, text};
}

Check check_portlabd() {
  const auto beside = program_beside_us("portlabd");
  if (!beside.empty()) return {"portlabd", Answer::yes, printable(beside)};
  return {"portlabd", Answer::no, "it is not in the folder of portlab", portlabd_missing_advice};
}

Check check_tools() {
  std::vector<std::string> there, missing;
  for (const char* each : {"ip", "ss", "nft", "curl", "g++"})
    (program_in_path(each).empty() ? missing : there).emplace_back(each);
  if (missing.empty()) return {"other tools", Answer::yes, join(there, ", ")};
  return {
      "other tools", Answer::limited,
      join(missing, ", ") + " missing" + (there.empty() ? "" : "; there: ") + join(there, ", "),
      "sudo apt-get install iproute2 nftables curl g++; myth 7 needs ip, myth 13 ip and nft, lab 9 "
      "g++ (or clang++), the other labs need none of them"};
}

/// Whether `portlab office` works: it needs namespaces, ip(8) and nft(8).
Check check_office(bool is_in_one) {
  const std::string name = "office";
  std::vector<std::string> programs, packages;
  for (const auto& [program, package] : {std::pair("ip", "iproute2"), std::pair("nft", "nftables")})
    if (program_in_path(program).empty()) {
      programs.emplace_back(program);
      packages.emplace_back(package);
    }
  if (!programs.empty())
    return {name, Answer::no, join(programs, " and ") + " missing",
            "sudo apt-get install " + join(packages, " ")};
  // Each machine of the office has a network of its own, also where this process is in a private one.
  if (private_network_possible())
    return {name, Answer::yes, "portlab office up starts the whole network"};
  return {name, Answer::no,
          is_in_one
              ? "further private networks are forbidden here, and each of its machines needs one"
              : "this machine forbids private networks: see the first line",
          "the other labs need no office"};
}

}  // namespace

std::string_view to_string(Answer answer) {
  switch (answer) {
    case Answer::yes:
      return "yes";
    case Answer::limited:
      return "limited";
    case Answer::no:
      return "no";
  }
  return "no";
}

Diagnosis diagnose() {
  Diagnosis found;
  const auto real_room = room_for_services(0), moved_room = room_for_services(usual_shift);
  const Ways ways{.private_network = static_cast<bool>(private_network_possible()),
                  .real_ports = real_room.complete(),
                  .moved_ports = moved_room.complete()};
  const auto network = check_private_network(ways);
  const auto real = check_room("real ports", real_room, 0, to_text(ways));
  const auto moved = check_room("ports + 8000", moved_room, usual_shift, to_text(ways));
  const auto loopback = check_loopback();
  const auto control = check_control_socket();
  const auto portlabd = check_portlabd();
  found.checks = {network,
                  check_low_ports(ways),
                  real,
                  moved,
                  loopback,
                  check_ephemeral_range(),
                  check_socket_table(),
                  check_open_files(),
                  check_landlock(),
                  check_capture(network.answer == Answer::yes),
                  portlabd,
                  control,
                  check_terminal(),
                  check_tools(),
                  check_office(network.answer == Answer::yes)};
  if (network.answer != Answer::yes)
    found.apparmor_profile = apparmor_profile(own_folder().string(), read_setting);
  const auto place = find_server_place();
  if (place) {
    found.how = to_string(*place);
  } else {
    found.why_not =
        "neither a private network, nor the real ports, nor those 8000, 18000 or 28000 above";
    found.remedy = "stop the programs that have the ports; or portlabd --shift 38000, by hand";
  }
  std::vector<const Check*> all_needed{&control, &portlabd};
  if (place && !place->is_private) all_needed.push_back(&loopback);
  for (const auto* needed : all_needed) {
    if (needed->answer != Answer::no) continue;
    found.how.clear();
    found.why_not = needed->name + ": " + needed->reason;
    found.remedy = needed->instead;
  }
  return found;
}

}  // namespace portlab
