#pragma once
// Reads a zone file ("master file", RFC 1035 section 5).
//
//   load_zone -> parse_zone -> ZoneLexer    text to words (zone_lexer.hpp)
//                           -> ZoneParser   words to records
//                           -> build_zone   records to a checked zone (zone_builder.hpp)

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "servers/dns/zone.hpp"

namespace portlab::dns {

/// The largest zone file, in bytes.
inline constexpr std::size_t zone_file_bytes_max = std::size_t{16} * 1024 * 1024;
/// The maximum number of mistakes in one error.
inline constexpr std::size_t problems_max = 20;

/// A zone that can be served, and warnings about doubtful data.
struct LoadedZone {
  std::shared_ptr<const Zone> zone;
  std::vector<std::string> warnings;  ///< "FILE:LINE: warning: …"
};

/// Reads a zone from text. The error has a line "FILE:LINE: reason" for each mistake. `file` is
/// used in messages only. `origin` is appended to relative names before the first $ORIGIN.
Result<LoadedZone> parse_zone(std::string_view text, const std::string& file,
                              std::string_view origin = "lab.test.");

/// Reads a zone file. Errors as in parse_zone, or the reason why the file cannot be read.
Result<LoadedZone> load_zone(const std::filesystem::path& path);

}  // namespace portlab::dns
