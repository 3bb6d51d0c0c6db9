#include "clients/cli/service_words.hpp"

#include <vector>

#include "clients/cli/options.hpp"
#include "common/known_services.hpp"
#include "common/service_names.hpp"

namespace portlab {

std::string nearest_service_name(std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& service : known_services()) names.push_back(service.name);
  for (const auto& entry : service_registry())
    if (!entry.name.empty()) names.push_back(entry.name);
  for (const auto& each : usual_names()) names.push_back(each.usual);
  return std::string(nearest(name, names));
}

}  // namespace portlab
