#include "labs/network/office/entered_programs.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

#include "common/text.hpp"

namespace portlab::office {

namespace {

namespace fs = std::filesystem;

bool is_same_file(const struct stat& one, const struct stat& other) {
  return one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

/// Whether this namespace of the process is the one of the descriptor.
bool is_in(const fs::path& process, const char* name, const FileDescriptor& space) {
  struct stat of_process {};
  struct stat of_space {};
  return ::stat((process / "ns" / name).c_str(), &of_process) == 0 &&
         ::fstat(space.get(), &of_space) == 0 && is_same_file(of_process, of_space);
}

/// Fields of /proc/PID/stat (proc(5)).
struct ProcessState {
  std::string name;
  int parent = 0;
  unsigned terminal = 0;  ///< a device number; 0: none
};

std::optional<ProcessState> state_of(const fs::path& process) {
  std::ifstream file(process / "stat");
  std::string line;
  std::getline(file, line);
  // The name is in parentheses, and may have some in it.
  const auto begin = line.find('(');
  const auto end = line.rfind(')');
  if (begin == std::string::npos || end == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(end + 1));
  ProcessState state;
  char letter = 0;
  int group = 0;
  int session = 0;
  if (!(rest >> letter >> state.parent >> group >> session >> state.terminal)) return std::nullopt;
  constexpr std::size_t name_bytes_max = 32;
  state.name = displayable(line.substr(begin + 1, end - begin - 1), name_bytes_max);
  return state;
}

/// "/dev/pts/3": the number of a device as the kernel has it, for the majors of Unix98 terminals.
std::string terminal_name(unsigned device) {
  constexpr unsigned first_major = 136, majors = 8, per_major = 256;
  const unsigned major = (device >> 8U) & 0xfffU;
  const unsigned minor = (device & 0xffU) | ((device >> 12U) & 0xfff00U);
  if (major >= first_major && major < first_major + majors)
    return "/dev/pts/" + std::to_string((major - first_major) * per_major + minor);
  return "another terminal";
}

}  // namespace

std::vector<EnteredProgram> programs_on_other_terminals(const RunningOffice& office) {
  const auto own = state_of("/proc/self");
  std::vector<EnteredProgram> found;
  std::error_code failed;
  for (fs::directory_iterator each("/proc", failed), end; !failed && each != end;
       each.increment(failed)) {
    const auto& process = each->path();
    const auto pid = parse_decimal<std::uint32_t>(process.filename().string());
    if (!pid || static_cast<std::int64_t>(*pid) == office.pid) continue;
    const auto state = state_of(process);
    if (!state || state->terminal == 0 || (own && state->terminal == own->terminal)) continue;
    if (!is_in(process, "pid", office.pids)) continue;
    // Only what was entered, not what it has started: its parent is outside.
    const auto parent = fs::path("/proc") / std::to_string(state->parent);
    if (state->parent != 0 && is_in(parent, "pid", office.pids)) continue;
    EnteredProgram program{static_cast<int>(*pid), state->name, {}, terminal_name(state->terminal)};
    for (const auto& host : office.hosts)
      if (is_in(process, "net", host.network)) program.host = host.name;
    found.push_back(std::move(program));
  }
  return found;
}

}  // namespace portlab::office
