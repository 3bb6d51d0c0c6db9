#include "servers/daemon/data_files.hpp"

#include <filesystem>
#include <system_error>

namespace portlab {

namespace {

namespace fs = std::filesystem;

/// Beside an installed program, above a build folder (wherever the checkout was moved to), or where
/// it was built.
std::string find(const char* installed, const char* in_sources) {
  std::error_code failed;
  const auto program = fs::read_symlink("/proc/self/exe", failed).parent_path();
  for (const auto& candidate :
       {program / "../share/portlab" / installed, program / ".." / in_sources,
        fs::path(PORTLAB_SOURCE_DIR) / in_sources})
    if (fs::exists(candidate, failed)) return candidate.lexically_normal().string();
  return (fs::path(PORTLAB_SOURCE_DIR) / in_sources).string();
}

}  // namespace

std::string default_root() { return find("site", "servers/site/files"); }
std::string default_zone() { return find("lab.zone", "servers/dns/lab.zone"); }

}  // namespace portlab
