#include "clients/net/process_sockets.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "clients/cli/terminal.hpp"

namespace portlab {

namespace {

namespace fs = std::filesystem;

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

std::string name_of(const fs::path& process) {
  std::ifstream file(process / "comm");
  std::string name;
  std::getline(file, name);
  return printable(name) + " (pid " + process.filename().string() + ")";
}

/// The wanted sockets as /proc/PID/fd names them, "socket:[4711]", and their indices in the result.
using Wanted = std::multimap<std::string, std::size_t>;

void find_in(const fs::path& process, const Wanted& wanted, std::vector<std::string>& names) {
  std::error_code failed;
  for (fs::directory_iterator each(process / "fd", failed), end; !failed && each != end;
       each.increment(failed)) {
    std::error_code gone;
    const auto [first, last] = wanted.equal_range(fs::read_symlink(each->path(), gone).string());
    for (auto found = first; found != last; ++found)
      if (names[found->second].empty()) names[found->second] = name_of(process);
  }
}

}  // namespace

std::vector<std::string> processes_with(std::span<const SocketRow> sockets) {
  std::vector<std::string> names(sockets.size());
  Wanted wanted;
  for (std::size_t i = 0; i < sockets.size(); ++i)
    if (sockets[i].inode != 0)
      wanted.emplace("socket:[" + std::to_string(sockets[i].inode) + "]", i);
  std::error_code failed;
  for (fs::directory_iterator each("/proc", failed), end; !failed && each != end;
       each.increment(failed))
    if (is_number(each->path().filename().string())) find_in(each->path(), wanted, names);
  return names;
}

}  // namespace portlab
