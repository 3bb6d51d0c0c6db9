// A DNS query from anybody, and a response from a server that our client asked. A reply is a
// message that can be read, no longer than the asker takes, and never an answer to an answer.

#include <algorithm>
#include <array>

#include "common/dns/message.hpp"
#include "common/dns/rdata.hpp"
#include "common/dns/types.hpp"
#include "servers/dns/dns_answer.hpp"
#include "servers/dns/dns_query.hpp"
#include "servers/dns/zone_file.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;
using namespace portlab::dns;

namespace {

const Zone& zone() {
  static const auto loaded = load_zone(PORTLAB_LAB_ZONE).value();
  return *loaded.zone;
}

void answer_over(Transport transport, Bytes query) {
  static std::array<std::uint8_t, message_bytes_max> scratch;
  const Endpoint client{transport, asio::ip::address_v4::loopback(), 40'000, {}};
  const ListenersNow listeners = [] {
    return std::vector<ListenerRow>{
        {"http", tcp_endpoint(asio::ip::address_v4::loopback(), 83), 80, 0}};
  };
  std::string note;
  const auto response = answer(zone(), listeners, query, client, scratch, note);
  ByteReader in(query);
  const auto header = read_header(in);
  if (!header || header->response) {
    require(response.empty(), "only questions are answered");
    return;
  }
  const auto asked = read_query(query);
  const std::size_t taken = transport != Transport::udp ? message_bytes_max
                            : asked && asked->edns
                                ? std::max<std::size_t>(512, asked->edns->udp_bytes)
                                : 512;
  require(!response.empty() && response.size() <= taken, "a response fits");
  const auto message = read_message(response);
  require(message.has_value(), "a response can be read");
  require(message->header.response && message->header.id == header->id, "it is to that query");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, std::min(size, message_bytes_max));
  answer_over(Transport::udp, bytes);
  answer_over(Transport::tcp, bytes);
  if (const auto message = read_message(bytes))
    for (const auto& record : message->answers) rdata_to_text(record.type, as_bytes(record.rdata));
  return 0;
}
