#pragma once
// Builds a zone from the records of a zone file, and checks it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "servers/dns/zone.hpp"
#include "servers/dns/zone_lexer.hpp"

namespace portlab::dns {

/// A record and the line on which it starts.
struct ZoneRecord {
  Name owner;
  Type type = Type::A;
  std::uint32_t ttl = 0;
  std::string rdata;
  ZonePlace place;
};

/// Builds the zone with this apex; without `apex` it is the owner of the SOA record. Errors are added
/// to `problems`; then the result is null. Doubtful data is added to `warnings`.
std::shared_ptr<const Zone> build_zone(const std::vector<ZoneRecord>& records,
                                       const std::optional<Name>& apex,
                                       std::vector<ZoneProblem>& problems,
                                       std::vector<ZoneProblem>& warnings);

}  // namespace portlab::dns
