#pragma once
// Reads zone files ("master files", RFC 1035 section 5).
//
//   load_zones -> load_zone -> parse_zone -> parse_zone_text  text to records (zone_parser.hpp)
//                                         -> build_zone       records to a checked zone
//                                                             (zone_builder.hpp)

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "servers/dns/zone_set.hpp"
#include "servers/dns/zone_source.hpp"

namespace portlab::dns {

/// The maximum number of mistakes in one error, and of warnings about one zone.
inline constexpr std::size_t problems_max = 20;

/// A zone that can be served, and warnings about doubtful data.
struct LoadedZone {
  std::shared_ptr<const Zone> zone;
  std::vector<std::string> warnings;  ///< "FILE:LINE: warning: …"
  std::vector<std::string> files;     ///< the zone file and those that it includes
};

/// Reads a zone from the text of `source.file`. `read` reads the files that it includes; empty: it
/// must not include any. The error has a line "FILE:LINE: reason" for each mistake.
Result<LoadedZone> parse_zone(std::string_view text, const ZoneSource& source,
                              const FileReader& read = {});

/// Reads a zone file. Errors as in parse_zone, or the reason why the file cannot be read.
Result<LoadedZone> load_zone(const ZoneSource& source, const FileReader& read = read_zone_file);

/// Several zones that can be served together.
struct LoadedZones {
  std::shared_ptr<const ZoneSet> zones;
  std::vector<std::string> warnings;
  std::vector<std::string> files;
};

/// Reads the zone files. Errors as in load_zone; two files of the same zone are an error, too.
Result<LoadedZones> load_zones(std::span<const ZoneSource> sources,
                               const FileReader& read = read_zone_file);

}  // namespace portlab::dns
