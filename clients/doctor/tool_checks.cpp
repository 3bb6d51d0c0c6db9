// The checks of portlab doctor of the system: limits, confinement, tools, terminal.

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>

#include "clients/cli/terminal.hpp"
#include "clients/doctor/checks.hpp"
#include "clients/net/host_info.hpp"
#include "common/control_protocol.hpp"
#include "common/system/landlock.hpp"

namespace portlab {

namespace {

/// Whether this process may capture packets: tries to open a packet socket. With protocol 0 it
/// receives nothing (packet(7)).
bool may_capture() {
  const int socket = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (socket >= 0) ::close(socket);
  return socket >= 0;
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
  const auto path = default_control_path();
  const auto folder = std::filesystem::path(path).parent_path();
  struct stat facts {};
  if (::lstat(folder.c_str(), &facts) != 0) {
    if (can_be_created(folder)) return {name, Answer::yes, printable(path) + " can be created"};
    return {name, Answer::no, printable(folder.string()) + " does not exist and can't be created",
            "export PORTLAB_CONTROL=$HOME/portlab/control (the folder must belong to you)"};
  }
  if (const auto fit = check_control_folder(path); !fit)
    return {name, Answer::no, printable(fit.error().text),
            "export PORTLAB_CONTROL=$HOME/portlab/control (the folder must belong to you)"};
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    return {name, Answer::no, printable(folder.string()) + ": this user can't write there",
            "export PORTLAB_CONTROL=$HOME/portlab/control (the folder must belong to you)"};
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
  return {"portlabd", Answer::no, "it is not in the folder of portlab",
          "./labs/start, which builds it"};
}

Check check_tools() {
  std::string there;
  std::string missing;
  for (const char* each : {"ip", "ss", "nft", "curl", "g++"}) {
    auto& list = program_in_path(each).empty() ? missing : there;
    list += (list.empty() ? "" : ", ") + std::string(each);
  }
  if (missing.empty()) return {"other tools", Answer::yes, there};
  return {
      "other tools", Answer::limited, missing + (there.empty() ? "" : " missing; there: ") + there,
      "sudo apt-get install iproute2 nftables curl g++; myth 7 needs ip, lab 9 g++ (or clang++), "
      "the other labs need none of them"};
}

}  // namespace portlab
