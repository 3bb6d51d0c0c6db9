#pragma once
// Range requests (RFC 9110 section 14): which bytes of a file a Range field selects. By hand:
// neither Beast nor Boost parses Range.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "servers/listener/open_file.hpp"

namespace portlab::http {

/// With more ranges than that in one request (an attack: RFC 9110 section 17.15) the response is
/// the whole file.
inline constexpr std::size_t ranges_max = 16;

struct RangeChoice {
  enum class Kind : std::uint8_t {
    whole,          ///< 200: no range, or one that is ignored
    parts,          ///< 206: one or more
    unsatisfiable,  ///< 416: all of them begin after the file's end
  };
  Kind kind = Kind::whole;
  std::vector<ByteRange> parts;  ///< each within the file, in the requested order
};

/// Reads a Range field for a file of `size` bytes. The field is ignored, as section 14.2 allows,
/// if its unit is not bytes, it is malformed, it has too many ranges, or ranges overlap.
RangeChoice choose_ranges(std::string_view field, std::uint64_t size);

}  // namespace portlab::http
