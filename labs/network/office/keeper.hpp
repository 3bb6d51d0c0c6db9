#pragma once
// The first process of an office. It makes the namespaces and connects the hosts; then it only waits,
// and answers find_office(). It is the first process of a PID namespace (pid_namespaces(7)): when it
// ends, or is killed, the kernel ends all processes of the office; with them go the namespaces, and all
// interfaces, mounts and files in them.
//
//   start_office ─ fork ─► unshare(user, PID) ─ fork ─► keep: mounts, hosts, cables, servers; "ready"; wait

#include <string>
#include <vector>

namespace portlab::office {

/// When an office ends by itself.
enum class Lifetime : unsigned char {
  until_ended,   ///< never
  with_starter,  ///< with the process that started it
};

/// The packages that the office needs and that are not installed here: "nftables".
std::vector<std::string> missing_packages();

/// Starts an office, and returns when it is up. With `verbose`, each command is printed on stderr.
/// Throws a CommandError, also where programs are missing; then nothing is left of the office.
void start_office(const std::string& name, bool verbose, Lifetime lifetime = Lifetime::until_ended);

}  // namespace portlab::office
