#include "labs/network/office/host_setup.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "clients/cli/command_error.hpp"
#include "labs/network/office/host_programs.hpp"

namespace portlab::office {

namespace {

namespace fs = std::filesystem;

CommandError failed(const std::string& step, int error, std::string advice = {}) {
  return {Exit::no_connection, "the office cannot come up: " + step + ": " + std::strerror(error),
          std::move(advice)};
}

void mount_or_throw(const char* source, const std::string& target, const char* type,
                    unsigned long flags, const char* options = nullptr) {
  if (::mount(source, target.c_str(), type, flags, options) != 0)
    throw failed("mounting " + std::string(type != nullptr ? type : source) + " at " + target,
                 errno);
}

void write_file(const std::string& path, std::string_view text) {
  std::error_code ignored;
  fs::create_directories(fs::path(path).parent_path(), ignored);
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw failed("writing " + path, errno);
}

/// A namespace of this process.
FileDescriptor own_namespace(const char* name) {
  FileDescriptor space(
      ::open((std::string("/proc/self/ns/") + name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!space) throw failed(std::string("opening /proc/self/ns/") + name, errno);
  return space;
}

/// The files of an own /etc; each host mounts its own on all but the last.
constexpr const char* own_files[] = {"resolv.conf", "hosts", "hostname", "nsswitch.conf"};

/// Names are looked up in /etc/hosts and DNS alone: other modules, such as systemd's resolve, ask a
/// process that is outside of the office (nsswitch.conf(5)).
constexpr const char* name_switch =
    "passwd: files\ngroup: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: "
    "files\n"
    "ethers: files\nrpc: files\n";

/// Folders with sockets of programs that look up names outside of the office: nscd(8) and
/// systemd-resolved(8).
constexpr const char* resolver_folders[] = {"/run/nscd", "/var/run/nscd", "/run/systemd/resolve"};

/// The folder at which the tmpfs is mounted until `folder` exists.
constexpr const char* start_folder = "/tmp";

void make_mounts() {
  // No mount or unmount of the office reaches the machine's mount namespace, and none of the machine
  // reaches the office.
  mount_or_throw("none", "/", nullptr, MS_REC | MS_PRIVATE);
  // The processes of the office. A container may not allow it (mount_namespaces(7)): then /proc shows
  // all processes of the container.
  static_cast<void>(::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr));
  for (const auto* each : resolver_folders)
    if (fs::exists(each) && !fs::is_symlink(each))
      mount_or_throw("tmpfs", each, "tmpfs", MS_NOSUID | MS_NODEV, "size=4k,mode=755");

  mount_or_throw("tmpfs", start_folder, "tmpfs", MS_NOSUID | MS_NODEV, "size=64m,mode=755");
  const std::string start = start_folder;
  for (const auto* each : own_files) write_file(start + "/etc/" + each, "");
  write_file(start + "/etc/nsswitch.conf", name_switch);
  fs::create_directory(start + folder);
  for (const auto& file : files()) write_file(start + "/" + file.path, file.text);
  for (const auto& host : hosts()) write_file(start + "/netns/" + std::string(host.name), "");
  const auto layers = "lowerdir=" + start + "/etc:/etc";
  if (::mount("overlay", "/etc", "overlay", MS_NOSUID | MS_NODEV, layers.c_str()) != 0)
    throw failed("mounting an overlay at /etc", errno,
                 "Linux 5.11 or newer, outside of a container whose files are an overlay on an "
                 "overlay");
  mount_or_throw(start_folder, folder, nullptr, MS_MOVE);
}

void mount_own_files(const std::string& host) {
  for (const std::string each : {"resolv.conf", "hosts", "hostname"})
    mount_or_throw((std::string(folder) + "/" + host + "/" + each).c_str(), "/etc/" + each, nullptr,
                   MS_BIND);
}

/// The contents of a file with rules, each line indented, for --verbose.
std::string indented(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  for (std::string line; std::getline(file, line);) text << "        " << line << "\n";
  return text.str();
}

void show(const HostCommand& command) {
  std::fprintf(stderr, "%s$ %s\n", std::string(command.host).c_str(), command.text().c_str());
  if (command.words.front() == "nft") std::fputs(indented(command.words.back()).c_str(), stderr);
}

}  // namespace

void make_first_namespaces(RunningOffice& office) {
  if (::unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS) != 0)
    throw failed("unshare (mount, network and UTS namespace)", errno,
                 "portlab doctor (which namespaces this machine allows)");
  office.user = own_namespace("user");
  office.pids = own_namespace("pid");
  try {
    make_mounts();
  } catch (const fs::filesystem_error& error) {
    throw failed(error.path1().string(), error.code().value());
  }
}

HostNamespaces make_host(const Host& host, const RunningOffice&) {
  const HostNamespaces before{"", own_namespace("net"), own_namespace("uts"), own_namespace("mnt")};
  const std::string name(host.name);
  if (::unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS) != 0)
    throw failed("unshare for " + name, errno,
                 "there may be too many namespaces: user.max_net_namespaces (sysctl(8))");
  if (::sethostname(name.data(), name.size()) != 0) throw failed("the name of " + name, errno);
  mount_own_files(name);
  HostNamespaces made{name, own_namespace("net"), own_namespace("uts"), own_namespace("mnt")};
  const auto place = std::string(folder) + "/netns/" + name;
  if (const auto back = enter_host(before); !back.ok()) throw failed(back.step, back.error);
  // A file for ip(8), as `ip netns add` makes it: hosts that are made later see it.
  const auto source = "/proc/self/fd/" + std::to_string(made.network.get());
  mount_or_throw(source.c_str(), place, nullptr, MS_BIND);
  return made;
}

void connect_hosts(RunningOffice& office, bool verbose) {
  for (const auto& command : commands()) {
    if (verbose) show(command);
    const auto result = run_in(office.host(command.host), command.words);
    if (result.status == 0) continue;
    const auto what = std::string(command.host) + "$ " + command.text() + ": " +
                      result.output.substr(0, result.output.find('\n'));
    if (!command.may_fail)
      throw CommandError(Exit::no_connection, "the office cannot come up: " + what,
                         "portlab office --verbose up (all commands); portlab doctor");
    office.notes.push_back(
        "FTP through the router works in passive mode only, without the "
        "kernel's module nf_nat_ftp: " +
        what);
  }
}

}  // namespace portlab::office
