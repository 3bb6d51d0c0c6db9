// The packets of anybody, as portlab capture reads them: the first byte selects the link type, the
// second cuts the rest into packets.

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "clients/capture/capture_json.hpp"
#include "clients/capture/conversations.hpp"
#include "clients/capture/ladder.hpp"
#include "clients/capture/packet_bytes.hpp"
#include "clients/capture/packet_lines.hpp"
#include "common/text_table.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array types{LinkType::ethernet,   LinkType::raw,  LinkType::linux_sll,
                             LinkType::linux_sll2, LinkType::null, LinkType::ipv6};
  if (size < 2) return 0;
  const auto type = types[data[0] % types.size()];
  const std::size_t length = std::max<std::size_t>(data[1], 20);
  Bytes rest(data + 2, size - 2);
  Conversations conversations([](const Endpoint&) { return std::string(); });
  PacketStyle style;
  style.columns = 80;
  PacketLines lines(style);
  Ladder ladder(style);
  for (std::chrono::nanoseconds time{}; !rest.empty(); ++time) {
    const auto bytes = rest.first(std::min(length, rest.size()));
    rest = rest.subspan(bytes.size());
    const auto packet = read_packet(type, bytes);
    for (const auto& part :
         {packet.link_header, packet.network_header, packet.transport_header, packet.data})
      require(part.offset + part.size <= bytes.size(), "each part is within the packet");
    const auto event = conversations.add(time, packet, bytes);
    const auto line = lines.line(event);
    require(line.ends_with('\n'), "a packet is whole lines");
    for (std::size_t at = 0; at < line.size();) {
      const auto end = line.find('\n', at);
      require(display_width(std::string_view(line).substr(at, end - at)) <= 80, "a line fits");
      at = end + 1;
    }
    for (const char c : line)
      require(c == '\n' || static_cast<unsigned char>(c) >= ' ', "a line can be shown");
    ladder.line(event);
    packet_bytes(packet, {time, bytes, static_cast<std::uint32_t>(bytes.size())}, type, style.text);
    to_json(event, packet);
  }
  for (const auto& each : conversations.all()) {
    session_story(each, style);
    to_json(each);
  }
  return 0;
}
