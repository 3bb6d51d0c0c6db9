#pragma once
// Reads the text of a zone file, and of the files that it includes, as records.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "servers/dns/zone_builder.hpp"
#include "servers/dns/zone_lexer.hpp"
#include "servers/dns/zone_source.hpp"

namespace portlab::dns {

/// The maximum number of files that include each other.
inline constexpr std::size_t include_depth_max = 10;

/// What a zone file and the files that it includes contain.
struct ZoneText {
  std::vector<std::string> files;  ///< in the order of ZonePlace
  std::vector<ZoneRecord> records;
  std::vector<ZoneProblem> problems;
  std::vector<ZoneProblem> warnings;
};

/// Reads `text`, the content of `source.file`. `read` reads the files of $INCLUDE; empty: there must
/// be none.
ZoneText parse_zone_text(std::string_view text, const ZoneSource& source, const FileReader& read);

}  // namespace portlab::dns
