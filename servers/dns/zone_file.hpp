#pragma once
// The zone's master file (RFC 1035 section 5): text in, a Zone out, or what is wrong with it, line
// by line.
//
//   load_zone → parse_zone → ZoneLexer (lines, quotes, parentheses → words)
//                          → ZoneParser (words → records)
//                          → check_zone (records → a zone that can be served)

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "servers/dns/zone.hpp"

namespace portlab::dns {

/// The largest zone file that is read.
inline constexpr std::size_t zone_file_bytes_max = std::size_t{16} * 1024 * 1024;
/// How many mistakes are reported at once.
inline constexpr std::size_t problems_max = 20;

/// A zone that can be served, and what is doubtful about it.
struct LoadedZone {
  std::shared_ptr<const Zone> zone;
  std::vector<std::string> warnings;  ///< "FILE:LINE: warning: …"
};

/// Reads a zone from text. The error has a line "FILE:LINE: reason" for each mistake. Relative
/// names before the first $ORIGIN belong under `origin`.
Result<LoadedZone> parse_zone(std::string_view text, const std::string& file,
                              std::string_view origin = "lab.test.");

/// Reads a zone file.
Result<LoadedZone> load_zone(const std::filesystem::path& path);

}  // namespace portlab::dns
