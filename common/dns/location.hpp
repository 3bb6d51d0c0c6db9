#pragma once
// The data of a LOC record: a place on the Earth (RFC 1876).

#include <span>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// True if the 16 bytes are a location in version 0 of the format.
bool is_valid_location(Bytes bytes);

/// "51 30 12.748 N 0 7 39.611 W 10.00m 1m 10000m 10m". The bytes must be valid.
std::string location_to_text(Bytes bytes);

/// Reads degrees with optional minutes and seconds for latitude and longitude, the altitude in
/// metres, and optionally size, horizontal and vertical precision (RFC 1876 section 3).
Result<std::string> location_from_words(std::span<const std::string_view> words);

}  // namespace portlab::dns
