#pragma once
// The zones that this server is authoritative for. It does not change after it was built.

#include <memory>
#include <vector>

#include "common/shared_value.hpp"
#include "servers/dns/zone.hpp"

namespace portlab::dns {

/// The maximum number of zones: the search for the zone of a name compares it with each apex.
inline constexpr std::size_t zones_max = 64;

class ZoneSet {
 public:
  /// No two zones have the same apex.
  explicit ZoneSet(std::vector<std::shared_ptr<const Zone>> zones);

  /// The zone of a name: the one with the longest apex. Null: the name is in none of the zones.
  const Zone* find(const Name& name) const;

  /// All zones, in the order of the settings.
  const std::vector<std::shared_ptr<const Zone>>& zones() const { return zones_; }

 private:
  std::vector<std::shared_ptr<const Zone>> zones_;
  std::vector<const Zone*> longest_apex_first_;
};

/// The zones that are served. A reload replaces them; a response that is being made keeps the old
/// ones.
using ZoneStore = SharedValue<ZoneSet>;

}  // namespace portlab::dns
