// UDP flows through forward.

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "servers/echo/echo_service.hpp"
#include "servers/forward/forward_service.hpp"
#include "servers/listener/flow_relay.hpp"
#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

using namespace portlab;

namespace {

/// A UDP server that the test plays: it receives, and replies to the last sender.
class UdpTarget {
 public:
  UdpTarget()
      : socket_(std::move(
            open_listening(udp_endpoint(asio::ip::address_v4::loopback(), 0), {}).value().front())),
        endpoint_(local_endpoint_of(socket_.get(), Transport::udp)) {
    const timeval limit{10, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const int flags = ::fcntl(socket_.get(), F_GETFL);
    ::fcntl(socket_.get(), F_SETFL, flags & ~O_NONBLOCK);
  }

  std::string receive() {
    std::string text(65'536, '\0');
    peer_.size = sizeof peer_.storage;
    const auto got =
        ::recvfrom(socket_.get(), text.data(), text.size(), 0, peer_.data(), &peer_.size);
    BOOST_REQUIRE(got >= 0);
    text.resize(static_cast<std::size_t>(got));
    return text;
  }
  void reply(std::string_view text) {
    ::sendto(socket_.get(), text.data(), text.size(), 0, peer_.data(), peer_.size);
  }
  Endpoint last_sender() const { return to_endpoint(Transport::udp, peer_); }
  std::string argument() const { return endpoint_.address_and_port(); }

 private:
  FileDescriptor socket_;
  Endpoint endpoint_;
  SocketAddress peer_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(each_flow_has_a_source_port_of_its_own_at_the_target) {
  UdpTarget target;
  RunningCore running(make_forward_service());
  const auto at = running.listen("forward/udp=0:" + target.argument());
  TestClient one(at);
  TestClient two(at);
  one.send("from one");
  BOOST_TEST(target.receive() == "from one");
  const auto port_of_one = target.last_sender().port;
  target.reply("to one");
  two.send("from two");
  BOOST_TEST(target.receive() == "from two");
  BOOST_TEST(target.last_sender().port != port_of_one);
  target.reply("to two");
  target.reply("to two again");
  BOOST_TEST(one.receive() == "to one");
  BOOST_TEST(two.receive() == "to two");
  BOOST_TEST(two.receive() == "to two again");
  const auto rows = running.sessions();
  BOOST_REQUIRE(rows.size() == 4U);
  BOOST_TEST(rows[1].parent_id == rows[0].id);
  BOOST_TEST(rows[1].outgoing);
  BOOST_TEST(rows[1].local.port == port_of_one);
  BOOST_TEST(rows[0].bytes_out == 6U);
}

BOOST_AUTO_TEST_CASE(datagrams_of_all_sizes_stay_whole) {
  RunningCore echo(make_echo_service());
  const auto target = echo.listen("echo/udp=0");
  RunningCore running(make_forward_service());
  TestClient client(running.listen("forward/udp=0:" + target.address_and_port()));
  for (const std::size_t size : {1, 512, 1'473, 65'507}) {
    const std::string sent(size, 'u');
    client.send(sent);
    BOOST_TEST((client.receive_exactly(size) == sent), size);
  }
}

BOOST_AUTO_TEST_CASE(a_listener_on_all_addresses_replies_from_the_one_that_was_asked) {
  RunningCore echo(make_echo_service());
  const auto target = echo.listen("echo/udp=0");
  RunningCore running(make_forward_service());
  auto at = running.listen("forward/udp=0.0.0.0:0:" + target.address_and_port());
  at.address = asio::ip::make_address("127.0.0.3");
  TestClient client(at);  // connected: it receives from that address alone
  client.send("hello");
  BOOST_TEST(client.receive() == "hello");
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_target_is_the_note_of_the_flow) {
  std::string closed;
  {
    const UdpTarget target;
    closed = target.argument();
  }
  RunningCore running(make_forward_service());
  TestClient client(running.listen("forward/udp=0:" + closed));
  client.send("hello");
  BOOST_TEST(running.eventually([&](const auto& rows) {
    return !rows.empty() &&
           rows.front().note.starts_with(closed + ": refused (ICMP port unreachable)");
  }));
}

BOOST_AUTO_TEST_CASE(a_target_can_send_only_so_much_to_a_silent_client) {
  UdpTarget target;
  RunningCore running(make_forward_service());
  TestClient client(running.listen("forward/udp=0:" + target.argument()));
  client.send("one small datagram");
  target.receive();
  const std::string large(32'768, 'r');
  const auto allowed = FlowRelay::reply_bytes_max / large.size();
  for (std::size_t i = 0; i < allowed; ++i) {
    target.reply(large);
    BOOST_TEST(client.receive().size() == large.size());
  }
  target.reply("too much");
  BOOST_TEST(running.eventually(
      [](const auto& rows) { return rows.size() == 2 && rows[1].note.starts_with("dropped"); }));
  BOOST_TEST(client.nothing_arrived());
  client.send("still here");
  target.receive();
  target.reply("welcome");
  BOOST_TEST(client.receive() == "welcome");
}

BOOST_AUTO_TEST_CASE(at_the_limit_of_flows_the_most_silent_one_goes) {
  UdpTarget target;
  CoreOptions options;
  options.limits.relayed_flows_max = 2;
  RunningCore running(make_forward_service(), options);
  const auto at = running.listen("forward/udp=0:" + target.argument());
  std::vector<TestClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(at).send("hello");
    target.receive();
    const auto rows = running.sessions().size();
    BOOST_TEST(rows == static_cast<std::size_t>(std::min(i + 1, 2)) * 2);
  }
  target.reply("to the third");
  BOOST_TEST(clients.back().receive() == "to the third");
}

BOOST_AUTO_TEST_CASE(a_silent_flow_ends_and_the_next_datagram_begins_another_one) {
  UdpTarget target;
  CoreOptions options;
  options.limits.relayed_flow_seconds = 2;
  RunningCore running(make_forward_service(), options);
  TestClient client(running.listen("forward/udp=0:" + target.argument()));
  client.send("before");
  BOOST_TEST(target.receive() == "before");
  BOOST_TEST(running.eventually([](const auto& rows) { return rows.empty(); }));
  BOOST_TEST(running.core.listeners().front().accepted == 1U);
  target.reply("too late");
  client.send("after");
  BOOST_TEST(target.receive() == "after");
  target.reply("welcome");
  BOOST_TEST(client.receive() == "welcome");
  BOOST_TEST(running.core.listeners().front().accepted == 2U);
}

BOOST_AUTO_TEST_CASE(only_the_flows_that_were_silent_for_too_long_end) {
  using std::chrono::seconds;
  const auto peer = [](std::uint16_t port) {
    return to_socket_address(udp_endpoint(asio::ip::address_v4::loopback(), port));
  };
  FlowTable flows(10);
  std::vector<std::uint16_t> ended;
  flows.on_removal([&](const FlowTable::Flow& flow) { ended.push_back(flow.row.remote.port); });
  const Clock::time_point start{};
  bool is_new = false;
  for (std::uint16_t port = 1001; port <= 1003; ++port) flows.touch(peer(port), start, is_new);
  flows.touch(peer(1002), start + seconds(5), is_new);
  BOOST_TEST(!is_new);
  flows.remove_silent_since(start + seconds(4));
  BOOST_TEST(ended == (std::vector<std::uint16_t>{1001, 1003}), boost::test_tools::per_element());
  BOOST_TEST(flows.flows().size() == 1U);
  flows.touch(peer(1001), start + seconds(6), is_new);
  BOOST_TEST(is_new);
}

BOOST_AUTO_TEST_CASE(relayed_flows_count_as_sessions_of_their_client) {
  UdpTarget target;
  CoreOptions options;
  options.limits.sessions_per_address_max = 1;
  RunningCore running(make_forward_service(), options);
  const auto at = running.listen("forward/udp=0:" + target.argument());
  TestClient one(at);
  one.send("one");
  BOOST_TEST(target.receive() == "one");
  TestClient two(at);
  two.send("two");
  BOOST_TEST(running.eventually([](const auto& rows) {
    return rows.size() == 3 && rows[2].note.find("too many sessions") != std::string::npos;
  }));
}

BOOST_AUTO_TEST_CASE(udp_forwards_that_lead_to_each_other_end_at_the_limit_of_hops) {
  RunningCore running(make_forward_service());
  const auto first = running.listen("forward/udp=0:127.0.0.1:9");
  const auto second = running.listen("forward/udp=0:" + first.address_and_port());
  const auto text = first.address_and_port();
  BOOST_REQUIRE(running.change(&Core::close, "forward/udp=" + text).has_value());
  running.listen("forward/udp=" + text + ":" + second.address_and_port());
  TestClient client(first);
  client.send("round and round");
  BOOST_TEST(running.eventually([](const auto& rows) {
    return std::any_of(rows.begin(), rows.end(), [](const auto& row) {
      return row.note.find("leads back") != std::string::npos;
    });
  }));
  BOOST_TEST(running.sessions().size() == 2 * hops_max + 1);
}

BOOST_AUTO_TEST_CASE(a_port_that_replies_to_any_datagram_is_no_client) {
  const auto service = make_forward_service();
  const auto local = udp_endpoint(asio::ip::make_address("127.0.0.1"), 5300);
  const auto is_relayed = [&](std::uint16_t from, bool from_a_listener) {
    std::string note;
    const auto remote = udp_endpoint(local.address, from);
    const Datagram first{as_bytes("ping"), local, remote, from_a_listener, "127.0.0.1:53"};
    return service.datagram_relay->target(first, note).has_value();
  };
  BOOST_TEST(is_relayed(40'000, false));
  BOOST_TEST(!is_relayed(40'000, true));
  for (const int port : {0, 7, 19, 53})
    BOOST_TEST(!is_relayed(static_cast<std::uint16_t>(port), false));
}

BOOST_AUTO_TEST_CASE(forward_is_udp_only_where_that_is_written) {
  RunningCore running(make_forward_service());
  running.listen("forward=0:127.0.0.1:9");
  BOOST_TEST(running.core.listeners().size() == 1U);
  BOOST_TEST((running.core.listeners().front().endpoint.transport == Transport::tcp));
}
