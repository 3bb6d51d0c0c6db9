#pragma once
// Where a zone comes from: --zone [ORIGIN=]FILE.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/dns/name.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// A zone file, and the zone's apex if the settings name it.
struct ZoneSource {
  std::optional<Name> origin;
  std::filesystem::path file;
};

/// Reads "FILE" or "ORIGIN=FILE". A text with a slash before the first "=" is a FILE.
Result<ZoneSource> parse_zone_source(std::string_view text);

/// The name of the zone in the usual names of zone files: example.org.zone, db.example.org,
/// example.org. nullopt: the file's name has no domain name.
std::optional<Name> origin_from_file_name(const std::filesystem::path& file);

/// Returns the text of a file. The error says why it cannot be read, without the file's name.
using FileReader = std::function<Result<std::string>(const std::filesystem::path&)>;

/// Reads a file of at most zone_file_bytes_max.
Result<std::string> read_zone_file(const std::filesystem::path& file);

/// The largest zone file, and the maximum of all files of one zone together, in bytes.
inline constexpr std::size_t zone_file_bytes_max = std::size_t{16} * 1024 * 1024;

}  // namespace portlab::dns
