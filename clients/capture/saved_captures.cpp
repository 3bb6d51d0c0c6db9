#include "clients/capture/saved_captures.hpp"

#include <map>
#include <system_error>

#include "clients/cli/command_error.hpp"
#include "clients/cli/numbers.hpp"
#include "clients/cli/terminal.hpp"
#include "common/system/own_path.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

namespace fs = std::filesystem;

constexpr const char* folder = "labs/traces";
constexpr unsigned lab_max = 999;

/// By the number of the lab, with which the name of the file begins: "10-on-the-wire.pcapng".
std::map<unsigned, fs::path> saved_captures() {
  std::map<unsigned, fs::path> found;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(find_data(folder, folder), failed)) {
    const auto name = entry.path().filename().string();
    const auto number = parse_number(name.substr(0, name.find('-')), 0, lab_max);
    if (number && entry.path().extension() == ".pcapng")
      found.emplace(static_cast<unsigned>(*number), entry.path());
  }
  return found;
}

}  // namespace

fs::path saved_capture(const std::string& lab) {
  const auto all = saved_captures();
  const auto number = parse_number(lab, 0, lab_max);
  const auto found = number ? all.find(static_cast<unsigned>(*number)) : all.end();
  if (found != all.end()) return found->second;
  if (all.empty())
    throw CommandError(Exit::failed,
                       "the saved captures of the labs are not there: neither " +
                           places_text(data_places(folder, folder)),
                       "install portlab again, or run it in its source tree");
  throw usage_failure("capture: lab " + printable(lab) + " has no saved capture",
                      "--lab with one of: " + join(all, ", ", [](const auto& each) {
                        return std::to_string(each.first);
                      }));
}

}  // namespace portlab
