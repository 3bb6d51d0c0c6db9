#pragma once
// Which programs have the listening sockets, as /proc shows it (proc(5)).

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace portlab::office {

struct SocketProgram {
  int pid = 0;       ///< as this process sees it
  std::string name;  ///< the name of its file: "smbd"
};

/// The programs that have these sockets open, by the socket's inode. Where several processes have
/// one, that with the lowest id. Sockets without a process that this user may look at are not there.
std::map<std::uint32_t, SocketProgram> programs_of(const std::set<std::uint32_t>& inodes);

}  // namespace portlab::office
