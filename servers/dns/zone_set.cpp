#include "servers/dns/zone_set.hpp"

#include <algorithm>
#include <utility>

namespace portlab::dns {

ZoneSet::ZoneSet(std::vector<std::shared_ptr<const Zone>> zones) : zones_(std::move(zones)) {
  for (const auto& zone : zones_) longest_apex_first_.push_back(zone.get());
  // A name below another is longer.
  std::stable_sort(
      longest_apex_first_.begin(), longest_apex_first_.end(),
      [](const Zone* a, const Zone* b) { return a->apex().size() > b->apex().size(); });
}

const Zone* ZoneSet::find(const Name& name) const {
  for (const Zone* const zone : longest_apex_first_)
    if (name.is_at_or_below(zone->apex())) return zone;
  return nullptr;
}

}  // namespace portlab::dns
