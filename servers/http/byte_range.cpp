#include "servers/http/byte_range.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "common/http/http_syntax.hpp"

namespace portlab::http {

namespace {

struct Spec {
  bool well_formed = false;
  std::optional<ByteRange> range;  // nullopt: unsatisfiable
};

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A number of more than 64 bits is after the end of every file.
std::uint64_t position(std::string_view digits) {
  return parse_decimal(digits).value_or(std::numeric_limits<std::uint64_t>::max());
}

/// int-range or suffix-range (RFC 9110 section 14.1.1).
Spec read_spec(std::string_view text, std::uint64_t size) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return {};
  const auto first_text = text.substr(0, dash);
  const auto last_text = text.substr(dash + 1);
  if (first_text.empty()) {
    if (!all_digits(last_text)) return {};
    const auto length = std::min(position(last_text), size);
    if (length == 0) return {true, std::nullopt};
    return {true, ByteRange{size - length, length}};
  }
  if (!all_digits(first_text) || !(last_text.empty() || all_digits(last_text))) return {};
  const auto first = position(first_text);
  const auto last =
      last_text.empty() ? std::numeric_limits<std::uint64_t>::max() : position(last_text);
  if (last < first) return {};
  if (first >= size) return {true, std::nullopt};
  return {true, ByteRange{first, std::min(last, size - 1) - first + 1}};
}

bool overlap(const std::vector<ByteRange>& parts) {
  auto sorted = parts;
  std::sort(sorted.begin(), sorted.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.offset < b.offset; });
  for (std::size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i - 1].offset + sorted[i - 1].length > sorted[i].offset) return true;
  return false;
}

}  // namespace

RangeChoice choose_ranges(std::string_view field, std::uint64_t size) {
  using Kind = RangeChoice::Kind;
  const auto equals = field.find('=');
  if (equals == std::string_view::npos || !equal_ignoring_case(field.substr(0, equals), "bytes"))
    return {};
  if (size == 0) return {};  // Content-Range can't describe a part of an empty file
  RangeChoice choice;
  std::size_t count = 0;
  ListReader list(field.substr(equals + 1));
  while (const auto text = list.next()) {
    if (++count > ranges_max) return {};
    const auto spec = read_spec(*text, size);
    if (!spec.well_formed) return {};
    if (spec.range) choice.parts.push_back(*spec.range);
  }
  if (count == 0) return {};
  if (choice.parts.empty()) return {Kind::unsatisfiable, {}};
  if (overlap(choice.parts)) return {};
  choice.kind = Kind::parts;
  return choice;
}

}  // namespace portlab::http
