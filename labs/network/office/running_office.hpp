#pragma once
// A running office, as its first process hands it out: file descriptors of all its namespaces. While
// one is open the namespace exists; with it, setns(2) enters the namespace. No file names the office:
// the first process listens at an abstract Unix socket (unix(7)), which ends with it.
//
//   portlab office … ── connect ──► "\0portlab-office-UID-NAME" ── the first process of the office
//                    ◄─ SCM_RIGHTS ─ user, pid, and each host's net, uts and mnt

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/system/file_descriptor.hpp"

namespace portlab::office {

/// The namespaces of a host (namespaces(7)).
struct HostNamespaces {
  std::string name;
  FileDescriptor network, uts, mount;
};

struct RunningOffice {
  std::string name;
  std::int64_t started = 0;          ///< seconds since 1970
  std::int64_t pid = 0;              ///< of the first process, as this process sees it
  std::vector<std::string> notes{};  ///< what does not work, in sentences
  FileDescriptor process{};          ///< of the first process (pidfd_open(2))
  FileDescriptor user{}, pids{};     ///< its user and its PID namespace
  std::vector<HostNamespaces> hosts{};
  std::string starter{};  ///< who has started it: "bash (process 812) on /dev/pts/3"

  /// The host of this name, which must be one of hosts().
  const HostNamespaces& host(std::string_view host_name) const;
};

/// Whether the text can be the name of an office: 1 to 32 letters, digits and "-".
bool is_name(std::string_view text);

/// Whether this process is in a host of an office.
bool is_inside();

/// This user's office of that name, or, in a host, the host's own office, whatever its name. Waits
/// while it comes up. Nothing: there is none.
std::optional<RunningOffice> find_office(const std::string& name);

/// Ends the office (SIGTERM; after five seconds, SIGKILL), and waits until it has ended. False: it does
/// not end.
bool end_office(const RunningOffice& office);

/// The names of this user's offices, sorted (/proc/net/unix).
std::vector<std::string> office_names();

/// A socket at which find_office() finds the office: outside of it, or inside (`folder`/office). The
/// error says that another process has the name.
Result<FileDescriptor> listen_outside(const std::string& name);
Result<FileDescriptor> listen_inside();

/// Accepts one connection and answers it. Does not block.
void answer(const FileDescriptor& listener, const RunningOffice& office);

}  // namespace portlab::office
