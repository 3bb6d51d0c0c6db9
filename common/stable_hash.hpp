#pragma once
// A hash for names and versions that are stored in files.

#include <cstdint>
#include <string_view>

namespace portlab {

/// A hash that is the same on every machine and in every version; never negative. Two
/// different texts have the same hash only by a rare accident, or if somebody constructs them.
std::int64_t hash_of(std::string_view text);

}  // namespace portlab
