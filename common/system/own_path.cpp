#include "common/system/own_path.hpp"

#include <algorithm>
#include <system_error>

namespace portlab {

namespace fs = std::filesystem;

namespace {

/// An installed program must not read what another user may have put where it was once compiled.
bool is_in_build_folder(const fs::path& folder) {
  std::error_code failed;
  const auto build = fs::canonical(PORTLAB_BINARY_DIR, failed);
  return !failed && std::mismatch(build.begin(), build.end(), folder.begin(), folder.end()).first ==
                        build.end();
}

}  // namespace

fs::path own_folder() {
  std::error_code failed;
  return fs::read_symlink("/proc/self/exe", failed).parent_path();
}

std::vector<fs::path> data_places(const fs::path& installed, const fs::path& in_sources) {
  const auto program = own_folder();
  std::vector<fs::path> places{(program / "../share/portlab" / installed).lexically_normal(),
                               (program / ".." / in_sources).lexically_normal()};
  if (is_in_build_folder(program)) places.push_back(fs::path(PORTLAB_SOURCE_DIR) / in_sources);
  if (places.back() == places[places.size() - 2]) places.pop_back();
  return places;
}

fs::path find_data(const fs::path& installed, const fs::path& in_sources) {
  const auto places = data_places(installed, in_sources);
  std::error_code failed;
  const auto found = std::find_if(places.begin(), places.end(),
                                  [&](const fs::path& place) { return fs::exists(place, failed); });
  return found == places.end() ? places.front() : *found;
}

std::string places_text(const std::vector<fs::path>& places) {
  std::string text;
  for (const auto& place : places) text += (text.empty() ? "" : " or ") + place.string();
  return text;
}

}  // namespace portlab
