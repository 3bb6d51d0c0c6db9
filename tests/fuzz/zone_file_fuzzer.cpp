// A zone file: it is served, or refused with a line for each mistake.

#include <array>

#include "common/dns/types.hpp"
#include "servers/dns/dns_answer.hpp"
#include "servers/dns/zone_file.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;
using namespace portlab::dns;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto loaded = parse_zone(as_text({data, size}), "fuzz.zone");
  if (!loaded) {
    require(loaded.error().text.starts_with("fuzz.zone:"), "a mistake has a place");
    return 0;
  }
  // What was taken must be servable: its apex has an SOA.
  static std::array<std::uint8_t, message_bytes_max> scratch;
  std::string query("\x12\x34\0\0\0\1\0\0\0\0\0\0", 12);
  query += loaded->zone->apex().wire_text();
  query += std::string("\0\6\0\1", 4);
  const Endpoint asker = udp_endpoint(asio::ip::address_v4::loopback(), 40'000);
  std::string note;
  const auto response = answer(
      *loaded->zone, [] { return std::vector<ListenerRow>(); }, as_bytes(query), asker, scratch,
      note);
  require(response.size() > 12 && (response[3] & 15) == 0, "the apex is answered");
  return 0;
}
