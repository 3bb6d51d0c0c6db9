// HTTP requests: the same ones are found in the bytes however they are cut into packets.

#include <algorithm>
#include <stdexcept>
#include <string>

#include "common/bytes.hpp"
#include "servers/http/byte_range.hpp"
#include "servers/http/conditional_request.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/servers/http/read_requests.hpp"

using namespace portlab;
using namespace portlab::http;

namespace {

constexpr std::uint64_t file_bytes = 1000;

/// What else the server reads in a request's fields.
void check(const Request& request) {
  static_cast<void>(check_preconditions(request, {"\"etag\"", 1'700'000'000}, 1'800'000'000));
  static_cast<void>(if_range_matches(request, {"\"etag\"", 1'700'000'000}, 1'800'000'000));
  const auto range = request.field("Range");
  if (!range) return;
  const auto choice = choose_ranges(*range, file_bytes);
  std::uint64_t sum = 0;
  for (const auto& part : choice.parts) {
    require(part.length > 0 && part.offset + part.length <= file_bytes, "a part of the file");
    sum += part.length;
  }
  require(sum <= file_bytes, "never more than the file");
}

/// The requests with their contents, then "?", or "!" for a refusal: which of several errors is
/// reported may depend on which of them have arrived.
std::string read_pieces(std::string_view bytes, std::size_t piece) {
  std::string contents;
  auto seen = read_requests(
      bytes, [&] { return piece; },
      [&](const Request& request) {
        check(request);
        contents += request.body + "; ";
      });
  if (!seen.ends_with('?')) seen.replace(seen.size() - 3, 3, "!");
  return seen + contents;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 64U;
  const auto bytes = as_text({data + 1, size - 1});
  require(read_pieces(bytes, bytes.size() + 1) == read_pieces(bytes, piece), "cuts change nothing");
  return 0;
}
