// A zone file: it is loaded, or refused with a line for each mistake.

#include <array>

#include "common/dns/types.hpp"
#include "servers/dns/dns_response.hpp"
#include "servers/dns/zone_file.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;
using namespace portlab::dns;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto loaded = parse_zone(as_text({data, size}), "fuzz.zone");
  if (!loaded) {
    require(loaded.error().text.starts_with("fuzz.zone:"), "an error names its line");
    return 0;
  }
  // A loaded zone can answer a query for its SOA.
  static std::array<std::uint8_t, message_bytes_max> scratch;
  std::string query("\x12\x34\0\0\0\1\0\0\0\0\0\0", 12);
  query += loaded->zone->apex().wire_text();
  query += std::string("\0\6\0\1", 4);
  const Endpoint client = udp_endpoint(asio::ip::address_v4::loopback(), 40'000);
  std::string note;
  const auto response = make_response(
      *loaded->zone, [] { return std::vector<ListenerRow>(); }, as_bytes(query), client, scratch,
      note);
  require(response.size() > 12 && (response[3] & 15) == 0, "the query for the SOA is answered");
  return 0;
}
