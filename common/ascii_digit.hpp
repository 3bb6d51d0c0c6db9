#pragma once
// Characters of ASCII. Those of <cctype> depend on the locale, and have no defined result for
// negative values of char.

namespace portlab {

/// '0' to '9'.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace portlab
