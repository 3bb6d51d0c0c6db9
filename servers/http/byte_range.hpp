#pragma once
// Range requests (RFC 9110 section 14): which bytes of a file a Range field asks for.

#include <cstdint>
#include <string_view>
#include <vector>

#include "servers/listener/open_file.hpp"

namespace portlab::http {

/// More ranges than that in one request are somebody's attack (RFC 9110 section 17.15): the whole
/// file is the answer.
inline constexpr std::size_t ranges_max = 16;

struct RangeChoice {
  enum class Kind : std::uint8_t {
    whole,          ///< 200: no range, or none that this server heeds
    parts,          ///< 206: one or more
    unsatisfiable,  ///< 416: all of them lie behind the file's end
  };
  Kind kind = Kind::whole;
  std::vector<ByteRange> parts;  ///< each within the file, in the order asked for
};

/// Reads a Range field for a file of `size` bytes. A unit other than bytes, a syntax error, too
/// many ranges and ranges that overlap or together exceed the file are ignored, as section 14.2
/// allows: the whole file.
RangeChoice choose_ranges(std::string_view field, std::uint64_t size);

}  // namespace portlab::http
