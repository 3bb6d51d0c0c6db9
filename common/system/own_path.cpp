#include "common/system/own_path.hpp"

#include <system_error>

namespace portlab {

namespace fs = std::filesystem;

fs::path own_folder() {
  std::error_code failed;
  return fs::read_symlink("/proc/self/exe", failed).parent_path();
}

fs::path find_data(const fs::path& installed, const fs::path& in_sources) {
  const auto program = own_folder();
  const auto compiled = fs::path(PORTLAB_SOURCE_DIR) / in_sources;
  std::error_code failed;
  for (const auto& candidate :
       {program / "../share/portlab" / installed, program / ".." / in_sources})
    if (fs::exists(candidate, failed)) return candidate.lexically_normal();
  return compiled;
}

}  // namespace portlab
