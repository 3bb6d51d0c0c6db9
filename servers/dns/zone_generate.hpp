#pragma once
// $GENERATE, an extension of BIND: one line for many records that differ by a number.
//
//   $GENERATE 1-3 host$ A 192.0.2.$     host1 A 192.0.2.1, host2 A 192.0.2.2, host3 A 192.0.2.3

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace portlab::dns {

/// The maximum number of records that the $GENERATE lines of one zone make.
inline constexpr std::size_t generated_records_max = 100'000;

/// The numbers from `first` to `last`, `step` apart.
struct GenerateRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t step = 1;

  std::size_t count() const { return static_cast<std::size_t>((last - first) / step) + 1; }
};

/// Reads "1-254" or "0-100/2".
Result<GenerateRange> parse_generate_range(std::string_view text);

/// Replaces $ by the number, and ${OFFSET[,WIDTH[,BASE]]} by the sum of number and offset, with
/// leading zeros, in BASE d, o, x, X (decimal, octal, hexadecimal), or n, N (nibbles as labels, the
/// lowest first). $$ is a dollar sign; \$ stays as it is.
Result<std::string> substitute_number(std::string_view text, std::int64_t number);

}  // namespace portlab::dns
