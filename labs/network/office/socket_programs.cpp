#include "labs/network/office/socket_programs.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

#include "common/text.hpp"

namespace portlab::office {

namespace fs = std::filesystem;

namespace {

/// The inode in "socket:[4711]".
std::optional<std::uint32_t> inode_in(const std::string& link) {
  constexpr std::string_view prefix = "socket:[";
  if (!link.starts_with(prefix) || !link.ends_with(']')) return std::nullopt;
  return parse_decimal<std::uint32_t>(
      std::string_view(link).substr(prefix.size(), link.size() - prefix.size() - 1));
}

std::string name_of(const fs::path& process) {
  std::error_code failed;
  const auto file = fs::read_symlink(process / "exe", failed).filename().string();
  // After an update of the package.
  constexpr std::string_view deleted = " (deleted)";
  if (file.ends_with(deleted)) return file.substr(0, file.size() - deleted.size());
  if (!file.empty()) return file;
  std::string name;
  std::ifstream comm(process / "comm");
  std::getline(comm, name);
  return name;
}

}  // namespace

std::map<std::uint32_t, SocketProgram> programs_of(const std::set<std::uint32_t>& inodes) {
  std::map<std::uint32_t, SocketProgram> found;
  std::error_code failed;
  for (fs::directory_iterator process("/proc", failed), end; !failed && process != end;
       process.increment(failed)) {
    const auto pid = parse_decimal<std::uint32_t>(process->path().filename().string());
    if (!pid) continue;
    std::error_code hidden;
    for (fs::directory_iterator each(process->path() / "fd", hidden); !hidden && each != end;
         each.increment(hidden)) {
      std::error_code gone;
      const auto inode = inode_in(fs::read_symlink(each->path(), gone).string());
      if (!inode || !inodes.contains(*inode)) continue;
      auto& program = found[*inode];
      if (program.pid != 0 && program.pid <= static_cast<int>(*pid)) continue;
      program = {static_cast<int>(*pid), name_of(process->path())};
    }
  }
  return found;
}

}  // namespace portlab::office
