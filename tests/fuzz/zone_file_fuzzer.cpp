// A zone file: it is loaded, or refused with a line for each mistake.

#include <array>

#include "common/dns/types.hpp"
#include "servers/dns/dns_response.hpp"
#include "servers/dns/zone_file.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;
using namespace portlab::dns;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  // An included file has the same text, and a name of its own; there are a few of them.
  int files_left = 8;
  const FileReader read = [&](const std::filesystem::path&) -> Result<std::string> {
    if (files_left-- <= 0) return Error{"too many files"};
    return std::string(text);
  };
  const auto loaded = parse_zone(text, {std::nullopt, "fuzz.zone"}, read);
  if (!loaded) {
    require(!loaded.error().text.empty(), "an error has a text");
    return 0;
  }
  for (const auto& warning : loaded->warnings)
    require(warning.find(": ") != std::string::npos, "a warning names its line");
  // A loaded zone can answer a query for its SOA.
  static std::array<std::uint8_t, message_bytes_max> scratch;
  std::string query("\x12\x34\0\0\0\1\0\0\0\0\0\0", 12);
  query += loaded->zone->apex().wire_text();
  query += std::string("\0\6\0\1", 4);
  const Endpoint client = udp_endpoint(asio::ip::address_v4::loopback(), 40'000);
  std::string note;
  const CurrentListeners listeners = [] { return std::vector<ListenerRow>(); };
  const auto response =
      make_response(ZoneSet({loaded->zone}), {client, listeners}, as_bytes(query), scratch, note);
  require(response.size() > 12 && (response[3] & 15) == 0, "the query for the SOA is answered");
  return 0;
}
