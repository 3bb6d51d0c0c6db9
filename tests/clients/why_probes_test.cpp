// What portlab why says about a socket table that is unknown, and about one that contradicts what
// happens on the network.

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "clients/why/why.hpp"

using namespace portlab;

namespace {

Context about(NetError net_error, Transport transport, std::uint16_t port) {
  Context context;
  context.net_error = net_error;
  WhyTarget target;
  target.host = "127.0.0.1";
  target.endpoint = Endpoint{transport, asio::ip::address_v4::loopback(), port, {}};
  context.target = target;
  return context;
}

std::string all_texts(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& each : findings) text += each.label + ": " + each.text + "\n";
  return text;
}

bool holds(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

SocketRow listener(std::uint16_t port) {
  SocketRow row;
  row.state = TcpState::listen;
  row.local = socket_end(asio::ip::address_v4::loopback(), port);
  return row;
}

constexpr NetError kinds[] = {NetError::refused,    NetError::timeout,       NetError::reset,
                              NetError::closed,     NetError::wrong_service, NetError::in_use,
                              NetError::taken,      NetError::rejected,      NetError::tls,
                              NetError::certificate};

}  // namespace

BOOST_AUTO_TEST_CASE(an_unknown_table_is_not_an_empty_one) {
  for (const auto kind : kinds) {
    auto context = about(kind, Transport::tcp, 1);
    context.no_tcp = context.no_udp = "no sock_diag here";
    const auto text = all_texts(findings_of(context));
    BOOST_TEST_CONTEXT(names_of(kind).name << "\n" << text) {
      BOOST_TEST(holds(text, "sockets: unknown: no sock_diag here"));
      for (const auto* claim : {"nothing at", "has a listener", "0 sessions", "no session",
                                "does not listen", "nothing in this network"})
        BOOST_TEST(!holds(text, claim), claim);
    }
  }
}

BOOST_AUTO_TEST_CASE(without_a_port_it_says_so_too) {
  Context context;
  context.net_error = NetError::refused;
  context.no_udp = "no udp_diag here";
  const auto text = all_texts(findings_of(context));
  BOOST_TEST(holds(text, "listens: unknown"), text);
  BOOST_TEST(holds(text, "unknown: no udp_diag here"), text);
}

BOOST_AUTO_TEST_CASE(tcp_is_known_where_only_udp_is_not) {
  auto context = about(NetError::refused, Transport::tcp, 1);
  context.no_udp = "no udp_diag here";
  const auto tcp = all_texts(findings_of(context));
  BOOST_TEST(holds(tcp, "listens: nothing at tcp 127.0.0.1:1 now"), tcp);
  BOOST_TEST(!holds(tcp, "unknown"), tcp);
  context.target->endpoint->transport = Transport::udp;
  const auto udp = all_texts(findings_of(context));
  BOOST_TEST(holds(udp, "listens: unknown"), udp);
  BOOST_TEST(holds(udp, "unknown: no udp_diag here"), udp);
}

BOOST_AUTO_TEST_CASE(a_queue_whose_limit_is_unknown_is_not_called_full) {
  auto context = about(NetError::timeout, Transport::tcp, 83);
  auto row = listener(83);
  row.receive_queue = 1;  // /proc/net/tcp has 0 in the place of the limit
  context.sockets = {row};
  BOOST_TEST(holds(all_texts(findings_of(context)), "queue: "));
  context.from_proc = true;
  BOOST_TEST(!holds(all_texts(findings_of(context)), "queue: "));
}

// The listener exists only in this table: its port refuses, as it does behind a firewall's rule
// "reject with tcp reset".
BOOST_AUTO_TEST_CASE(a_listener_that_refuses_means_that_something_is_between) {
  auto context = about(NetError::refused, Transport::tcp, 1);
  context.sockets = {listener(1)};
  const auto text = all_texts(findings_of(context));
  BOOST_TEST(holds(text, "connect: refused, although a program listens there"), text);
  BOOST_TEST(holds(text, "reject with tcp reset"), text);
  BOOST_TEST(holds(suggestions(context).back().command, "nft"));
  context.sockets[0].interface = 7;
  BOOST_TEST(holds(all_texts(findings_of(context)), "SO_BINDTODEVICE"));
  context.sockets.clear();
  BOOST_TEST(!holds(all_texts(findings_of(context)), "connect: "));
}
