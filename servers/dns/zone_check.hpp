#pragma once
// From records, as they stood in the file, to a zone that can be served.

#include <memory>
#include <string>
#include <vector>

#include "servers/dns/zone.hpp"
#include "servers/dns/zone_lexer.hpp"

namespace portlab::dns {

/// A record and the line it began on.
struct ZoneRecord {
  Name owner;
  Type type = Type::A;
  std::uint32_t ttl = 0;
  std::string rdata;
  std::size_t line = 0;
};

/// Builds the zone; `problems` says what keeps it from being served (then the zone is null),
/// `warnings` what is doubtful.
std::shared_ptr<const Zone> build_zone(const std::vector<ZoneRecord>& records,
                                       std::vector<ZoneProblem>& problems,
                                       std::vector<ZoneProblem>& warnings);

}  // namespace portlab::dns
