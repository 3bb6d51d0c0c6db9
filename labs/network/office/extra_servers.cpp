#include "labs/network/office/extra_servers.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <thread>

#include "clients/cli/command_error.hpp"
#include "clients/net/host_info.hpp"
#include "clients/net/sock_diag.hpp"
#include "common/text.hpp"
#include "labs/network/office/confined_program.hpp"
#include "labs/network/office/enter_host.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/office_plan.hpp"

namespace portlab::office {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds start_max{20};
constexpr std::chrono::seconds end_max{3};
constexpr std::chrono::milliseconds between_looks{10};

constexpr std::array all_servers{
    ExtraServer{"smb", "pc3", 445, "smbd", "microsoft-ds"},
    ExtraServer{"rdp", "server1", 3389, "freerdp-shadow-cli", "ms-wbt-server"},
};

/// A program, and the package of Debian and Ubuntu that has it.
struct Needed {
  std::string_view server;
  const char* program;
  const char* package;
};
constexpr std::array needed_programs{
    Needed{"smb", "smbd", "samba"},
    Needed{"smb", "smbclient", "smbclient"},
    Needed{"rdp", "freerdp-shadow-cli", "freerdp2-shadow-x11"},
    Needed{"rdp", "xfreerdp", "freerdp2-x11"},
    Needed{"rdp", "Xvfb", "xvfb"},
    Needed{"rdp", "xterm", "xterm"},
    Needed{"rdp", "xwdtopnm", "netpbm"},
};

constexpr const char* display = ":0";

/// Whether a process of this name is that program, or its third version: freerdp_program().
bool is_program(std::string_view name, std::string_view program) {
  return name == program || (name.ends_with('3') && name.substr(0, name.size() - 1) == program);
}

std::string file_of(std::string_view host, const std::string& name) {
  return std::string(folder) + "/" + std::string(host) + "/" + name;
}

/// Whether there is a process with this id. The office's first process removes those that have ended.
bool is_running(int pid) { return ::kill(pid, 0) == 0; }

/// Waits until it is so. False: the process has ended, or the time is over.
bool wait_until(int pid, const std::function<bool()>& is_so) {
  for (const auto end = Clock::now() + start_max; Clock::now() < end;) {
    if (is_so()) return true;
    if (!is_running(pid)) return false;
    std::this_thread::sleep_for(between_looks);
  }
  return false;
}

/// What the program printed last.
std::string last_line(const RunningOffice& office, const std::string& log) {
  std::ifstream file(path_from_here(office, log));
  std::string last;
  for (std::string line; std::getline(file, line);)
    if (line.find_first_not_of(" ()E") != std::string::npos) last = line;  // Xvfb ends with "(EE) "
  return last.empty() ? "it printed nothing" : displayable(last, 200);
}

/// Starts a program on a host, and waits until it is ready. Throws a CommandError where it ends first.
void start(const RunningOffice& office, std::string_view host, const ConfinedProgram& program,
           bool verbose, const std::function<bool()>& is_ready) {
  if (verbose)
    std::fprintf(stderr, "%s$ %s &\n", std::string(host).c_str(), join(program.words, " ").c_str());
  const int pid = start_confined(office, host, program);
  if (pid > 0 && wait_until(pid, is_ready)) return;
  if (pid > 0) ::kill(pid, SIGKILL);
  throw CommandError(
      Exit::no_connection,
      "the office: " + program.words.front() + " does not start on " + std::string(host) + ": " +
          last_line(office, program.log),
      office_command(office.name, "enter " + std::string(host) + " cat " + program.log));
}

bool listens(const RunningOffice& office, std::string_view host, std::uint16_t port) {
  if (!enter_network(office.host(host)).ok()) return false;
  const auto table = read_socket_table({.udp = false});
  return std::ranges::any_of(table.rows, [&](const SocketRow& row) {
    return row.is_listener() && row.local.port == port;
  });
}

/// The servers run without capabilities: on their host every user may bind every port (ip(7)).
void allow_low_ports(const RunningOffice& office, std::string_view host, bool verbose) {
  const std::string set = "echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start";
  if (verbose) std::fprintf(stderr, "%s$ %s\n", std::string(host).c_str(), set.c_str());
  const auto done = run_in(office.host(host), {"sh", "-c", set});
  if (done.status != 0)
    throw CommandError(Exit::no_connection,
                       "the office: " + std::string(host) + ": " + done.output);
}

void start_smb(const RunningOffice& office, const ExtraServer& server, bool verbose) {
  ConfinedProgram smbd;
  // In the foreground; -l: the folder of the logs of its other processes.
  smbd.words = {"smbd", "-F",  "--no-process-group", "-s", file_of(server.host, "smb.conf"),
                "-l",   "/tmp"};
  smbd.temporary = file_of(server.host, "smbd.tmp");
  smbd.log = file_of(server.host, "smbd.log");
  start(office, server.host, smbd, verbose,
        [&] { return listens(office, server.host, server.port); });
}

// The desktop -------------------------------------------------------------------------------------

ConfinedProgram on_desktop(const std::string& name, std::vector<std::string> words) {
  ConfinedProgram program;
  program.words = std::move(words);
  program.temporary = file_of("server1", "desktop.tmp");
  program.log = file_of("server1", name + ".log");
  program.variables = {{"DISPLAY", display}};
  return program;
}

/// Whether the X server of the desktop accepts connections.
bool display_answers(const RunningOffice& office) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = path_from_here(office, file_of("server1", "desktop.tmp") + "/.X11-unix/X0");
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// The X server, and on it a terminal with a shell on server1. exit there opens a new shell.
void start_display(const RunningOffice& office, bool verbose) {
  const auto size = std::to_string(desktop_width) + "x" + std::to_string(desktop_height) + "x24";
  const auto xvfb =
      on_desktop("Xvfb", {"Xvfb", display, "-screen", "0", size, "-nolisten", "tcp", "-noreset"});
  // While a killed one ends, its lock file is still valid; another command may start one, too.
  constexpr int tries_max = 10;
  constexpr std::chrono::milliseconds between_tries{200};
  for (int tries = 1; !display_answers(office); ++tries) try {
      start(office, "server1", xvfb, verbose, [&] { return display_answers(office); });
    } catch (const CommandError&) {
      if (tries == tries_max) throw;
      std::this_thread::sleep_for(between_tries);
    }
  auto terminal = on_desktop(
      "xterm", {"xterm", "-title", "server1", "-fa", "Monospace", "-fs", "14", "-geometry",
                "76x28+40+40", "-bw", "4", "-e", "sh", file_of("server1", "desktop.sh")});
  for (auto& each : host_variables(office, *find_host("server1")))
    terminal.variables.push_back(std::move(each));
  start(office, "server1", terminal, verbose, [] { return true; });
}

void start_desktop_server(const RunningOffice& office, std::uint16_t port, bool verbose) {
  // RDP's own encryption, and no password: no certificates and accounts are needed here.
  start(office, "server1",
        on_desktop("freerdp-shadow-cli", {freerdp_program("freerdp-shadow-cli"),
                                          "/port:" + std::to_string(port), "/sec:rdp", "-auth"}),
        verbose, [&] { return listens(office, "server1", port); });
}

}  // namespace

std::span<const ExtraServer> extra_servers() { return all_servers; }

const ExtraServer* find_extra(std::string_view name) {
  const auto* const found = std::ranges::find(all_servers, name, &ExtraServer::name);
  return found == all_servers.end() ? nullptr : found;
}

const ExtraServer* extra_of_program(std::string_view program) {
  const auto* const found = std::ranges::find_if(
      all_servers, [&](const ExtraServer& each) { return is_program(program, each.program); });
  return found == all_servers.end() ? nullptr : found;
}

const OfficeListener* listener_of(const OfficeView& view, const ExtraServer& server) {
  for (const auto& each : view.tables.listeners) {
    const auto* owner = view.program(each);
    if (each.host == server.host && owner != nullptr && is_program(owner->name, server.program))
      return &each;
  }
  return nullptr;
}

std::string freerdp_program(const std::string& name) {
  const auto third = name + "3";
  return program_in_path(name).empty() && !program_in_path(third).empty() ? third : name;
}

void expect_extra_programs(const std::vector<const ExtraServer*>& servers) {
  std::vector<std::string> missing;
  std::vector<std::string> packages;
  for (const auto& each : needed_programs) {
    const bool wanted = std::ranges::count(servers, each.server, [](const ExtraServer* server) {
                          return server->name;
                        }) != 0;
    if (!wanted || !program_in_path(freerdp_program(each.program)).empty()) continue;
    missing.emplace_back(each.program);
    packages.emplace_back(each.package);
  }
  if (missing.empty()) return;
  auto advice = "sudo apt-get install --no-install-recommends " + join(packages, " ");
  // Debian's package starts it, for all networks of the machine.
  if (std::ranges::count(packages, "samba") != 0)
    advice +=
        "; then sudo systemctl disable --now smbd nmbd: the package starts a server of its own on "
        "this machine";
  const bool freerdp = std::ranges::any_of(
      packages, [](const std::string& each) { return each.starts_with("freerdp2"); });
  if (freerdp)
    advice += "; where there is no freerdp2, the packages are freerdp3-shadow-x11 and freerdp3-x11";
  throw CommandError(
      Exit::no_connection,
      "--with " + join(servers, ",", [](const ExtraServer* server) { return server->name; }) +
          " needs " + join(missing, ", ") + ", not installed here",
      advice);
}

void start_extra(const RunningOffice& office, const ExtraServer& server, bool verbose) {
  if (listener_of(look_at(office), server) != nullptr) return;
  allow_low_ports(office, server.host, verbose);
  if (server.name == "smb") return start_smb(office, server, verbose);
  if (!display_answers(office)) start_display(office, verbose);
  start_desktop_server(office, server.port, verbose);
}

void move_desktop(const RunningOffice& office, const SocketProgram& running, std::uint16_t port,
                  bool verbose) {
  if (verbose) std::fprintf(stderr, "server1$ pkill freerdp-shadow\n");
  for (const int signal : {SIGTERM, SIGKILL}) {
    ::kill(running.pid, signal);
    for (const auto end = Clock::now() + end_max; Clock::now() < end && is_running(running.pid);)
      std::this_thread::sleep_for(between_looks);
    if (!is_running(running.pid)) break;
  }
  start_desktop_server(office, port, verbose);
}

}  // namespace portlab::office
