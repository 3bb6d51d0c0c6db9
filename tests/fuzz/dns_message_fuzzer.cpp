// As server: each DNS query gets a valid response, not larger than the client accepts; a response
// gets none. As client: responses of a server are parsed or refused.

#include <algorithm>
#include <array>

#include "common/dns/message.hpp"
#include "common/dns/rdata.hpp"
#include "common/dns/types.hpp"
#include "servers/dns/dns_response.hpp"
#include "servers/dns/zone_file.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;
using namespace portlab::dns;

namespace {

const ZoneSet& zones() {
  static const auto loaded =
      load_zones(std::vector<ZoneSource>{{std::nullopt, PORTLAB_LAB_ZONE}}).value();
  return *loaded.zones;
}

void answer_query(Transport transport, Bytes query) {
  static std::array<std::uint8_t, message_bytes_max> scratch;
  const Endpoint client{transport, asio::ip::address_v4::loopback(), 40'000, {}};
  const CurrentListeners listeners = [] {
    return std::vector<ListenerRow>{
        {"http", tcp_endpoint(asio::ip::address_v4::loopback(), 83), 80, 0}};
  };
  std::string note;
  const auto response = make_response(zones(), {client, listeners}, query, scratch, note);
  ByteReader in(query);
  const auto header = read_header(in);
  if (!header || header->response) {
    require(response.empty(), "only queries are answered");
    return;
  }
  const auto parsed = read_query(query);
  const std::size_t limit = transport != Transport::udp ? message_bytes_max
                            : parsed && parsed->edns
                                ? std::max<std::size_t>(512, parsed->edns->udp_bytes)
                                : 512;
  require(!response.empty() && response.size() <= limit, "a response fits");
  const auto message = read_message(response);
  require(message.has_value(), "a response is valid");
  require(message->header.response && message->header.id == header->id,
          "the response has the id of the query");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, std::min(size, message_bytes_max));
  answer_query(Transport::udp, bytes);
  answer_query(Transport::tcp, bytes);
  const auto message = read_message(bytes);
  const auto lenient = read_message_leniently(bytes);
  require(lenient || !message, "what is read strictly is read leniently, too");
  if (lenient)
    for (const auto& record : lenient->message.answers)
      rdata_to_text(record.type, as_bytes(record.rdata));
  return 0;
}
