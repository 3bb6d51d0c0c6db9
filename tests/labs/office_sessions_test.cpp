// The sessions of the office, joined from the tables of several hosts; and what is read from the kernel
// and from nft.

#include <netinet/in.h>

#include <boost/test/unit_test.hpp>

#include "labs/network/office/conntrack.hpp"
#include "labs/network/office/office_plan.hpp"
#include "labs/network/office/office_sessions.hpp"
#include "labs/network/office/port_forwards.hpp"
#include "labs/network/office/rules_text.hpp"

namespace portlab::office {

namespace {

SocketEnd end(const char* address, std::uint16_t port) {
  return socket_end(asio::ip::make_address(address), port);
}

SocketRow tcp(TcpState state, const SocketEnd& local, const SocketEnd& remote = end("0.0.0.0", 0)) {
  SocketRow row;
  row.state = state;
  row.local = local;
  row.remote = remote;
  return row;
}

std::string host_of(const SocketEnd& at) {
  const auto* host = host_at(at.to_address());
  return host == nullptr ? std::string() : std::string(host->name);
}

const SocketEnd pc2 = end("192.168.1.12", 40000);
const SocketEnd server1 = end("192.168.1.10", 80);
const SocketEnd outside = end("203.0.113.80", 80);
const SocketEnd visitor = end("203.0.113.80", 40112);
const SocketEnd router_port = end("203.0.113.1", 42302);
const SocketEnd forwarded = end("203.0.113.1", 8080);

TrackedConnection tracked(const PacketEnds& original, const PacketEnds& reply) {
  TrackedConnection row;
  row.protocol = IPPROTO_TCP;
  row.original = original;
  row.reply = reply;
  return row;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_two_ends_on_two_hosts_are_one_session) {
  const std::vector<HostSockets> tables{
      {"pc2", {tcp(TcpState::established, pc2, server1)}},
      {"server1",
       {tcp(TcpState::listen, end("0.0.0.0", 80)), tcp(TcpState::established, server1, pc2)}}};
  const auto found = join_tables(tables, {}, {host_of});
  BOOST_REQUIRE(found.sessions.size() == 1);
  const auto& session = found.sessions.front();
  BOOST_TEST(session.client.host == "pc2");
  BOOST_TEST(session.server.host == "server1");
  BOOST_TEST((session.client.state == TcpState::established));
  BOOST_TEST((session.server.state == TcpState::established));
  BOOST_TEST(!session.router.has_value());
  BOOST_TEST(found.listeners.size() == 1);
}

BOOST_AUTO_TEST_CASE(source_nat_is_followed_from_the_pc_to_the_internet) {
  const std::vector<HostSockets> tables{
      {"pc2", {tcp(TcpState::established, pc2, outside)}},
      {"internet", {tcp(TcpState::established, outside, router_port)}}};
  const std::vector table{tracked({pc2, outside}, {outside, router_port})};
  const auto found = join_tables(tables, table, {host_of});
  BOOST_REQUIRE(found.sessions.size() == 1);
  const auto& session = found.sessions.front();
  BOOST_TEST(session.client.host == "pc2");
  BOOST_TEST(session.server.host == "internet");
  BOOST_TEST((session.server.state == TcpState::established));
  BOOST_TEST((session.router == router_port));
  BOOST_TEST(session.source_translated);
}

BOOST_AUTO_TEST_CASE(destination_nat_is_followed_from_the_visitor_to_the_server) {
  const std::vector<HostSockets> tables{
      {"internet", {tcp(TcpState::established, visitor, forwarded)}},
      {"server1",
       {tcp(TcpState::listen, end("0.0.0.0", 80)), tcp(TcpState::established, server1, visitor)}}};
  const std::vector table{tracked({visitor, forwarded}, {server1, visitor})};
  const auto found = join_tables(tables, table, {host_of});
  BOOST_REQUIRE(found.sessions.size() == 1);
  const auto& session = found.sessions.front();
  BOOST_TEST(session.client.host == "internet");
  BOOST_TEST(session.server.host == "server1");
  BOOST_TEST((session.server.end == server1));
  BOOST_TEST((session.router == forwarded));
  BOOST_TEST(!session.source_translated);
}

BOOST_AUTO_TEST_CASE(a_data_connection_belongs_to_the_server_that_lists_it) {
  const auto data = end("192.168.1.10", 45000);
  const auto pc = end("192.168.1.12", 41000);
  const std::vector<HostSockets> tables{{"pc2", {tcp(TcpState::established, pc, data)}},
                                        {"server1", {tcp(TcpState::established, data, pc)}}};
  const auto is_served = [&](const std::string& host, Transport, const SocketEnd& server,
                             const SocketEnd& client) {
    return host == "server1" && server == data && client == pc;
  };
  const auto found = join_tables(tables, {}, {host_of, is_served});
  BOOST_REQUIRE(found.sessions.size() == 1);
  BOOST_TEST(found.sessions.front().server.host == "server1");
}

BOOST_AUTO_TEST_CASE(an_end_without_a_socket_has_no_state) {
  const std::vector<HostSockets> tables{{"pc2", {tcp(TcpState::time_wait, pc2, server1)}}};
  const auto found = join_tables(tables, {}, {host_of});
  BOOST_REQUIRE(found.sessions.size() == 1);
  BOOST_TEST(found.sessions.front().server.host == "server1");
  BOOST_TEST(!found.sessions.front().server.state.has_value());
}

BOOST_AUTO_TEST_CASE(loopback_sessions_of_two_hosts_stay_apart) {
  const auto client = end("127.0.0.1", 40000);
  const auto server = end("127.0.0.1", 80);
  std::vector<HostSockets> tables;
  for (const auto* host : {"pc1", "pc2"})
    tables.push_back(
        {host,
         {tcp(TcpState::established, client, server), tcp(TcpState::established, server, client)}});
  const auto found = join_tables(tables, {}, {host_of});
  BOOST_REQUIRE(found.sessions.size() == 2);
  for (const auto& session : found.sessions) {
    BOOST_TEST(session.client.host == session.server.host);
    BOOST_TEST((session.client.end == client));
  }
}

BOOST_AUTO_TEST_CASE(a_message_of_the_kernel_is_read_and_none_of_its_beginnings_crashes) {
  // An entry of `conntrack -L`: udp 192.168.1.11:5000 → 203.0.113.80:53, seen by the server as
  // 203.0.113.1:5000.
  const auto tuple = [](std::uint8_t type, std::initializer_list<std::uint8_t> addresses,
                        std::initializer_list<std::uint8_t> ports) {
    std::vector<std::uint8_t> out{52, 0, type, 0x80, 20, 0, 1, 0x80};
    const std::vector<std::uint8_t> a(addresses);
    const std::vector<std::uint8_t> p(ports);
    out.insert(out.end(), {8, 0, 1, 0, a[0], a[1], a[2], a[3], 8, 0, 2, 0, a[4], a[5], a[6], a[7]});
    out.insert(out.end(), {28, 0, 2, 0x80, 5, 0, 1, 0, 17, 0, 0, 0});
    out.insert(out.end(), {6, 0, 2, 0, p[0], p[1], 0, 0, 6, 0, 3, 0, p[2], p[3], 0, 0});
    return out;
  };
  std::vector<std::uint8_t> message{2, 0, 0, 0};
  for (const auto& part :
       {tuple(1, {192, 168, 1, 11, 203, 0, 113, 80}, {0x13, 0x88, 0, 53}),
        tuple(2, {203, 0, 113, 80, 203, 0, 113, 1}, {0, 53, 0x13, 0x88}),
        std::vector<std::uint8_t>{8, 0, 3, 0, 0, 0, 1, 0x8e, 8, 0, 7, 0, 0, 0, 0, 29}})
    message.insert(message.end(), part.begin(), part.end());
  const auto row = parse_tracked_connection(message);
  BOOST_REQUIRE(row.has_value());
  BOOST_TEST(row->protocol_name() == "udp");
  BOOST_TEST((row->original == PacketEnds{end("192.168.1.11", 5000), end("203.0.113.80", 53)}));
  BOOST_TEST((row->reply == PacketEnds{end("203.0.113.80", 53), end("203.0.113.1", 5000)}));
  BOOST_TEST(row->is_translated());
  BOOST_TEST(row->state() == "ASSURED");
  BOOST_TEST(row->seconds == 29U);
  for (std::size_t size = 0; size < message.size(); ++size) {
    const std::vector<std::uint8_t> shorter(message.begin(),
                                            message.begin() + static_cast<std::ptrdiff_t>(size));
    parse_tracked_connection(shorter);
  }
}

BOOST_AUTO_TEST_CASE(forwarded_ports_are_read_from_nfts_document) {
  const auto found = parse_forwards(
      R"({"nftables": [{"metainfo": {"version": "1.0.6"}},
          {"map": {"family": "ip", "name": "forwarded_tcp", "table": "office",
                   "elem": [[8080, {"concat": ["192.168.1.10", 80]}]]}},
          {"map": {"family": "ip", "name": "forwarded_udp", "table": "office"}}]})");
  BOOST_REQUIRE(found.has_value());
  BOOST_REQUIRE(found->size() == 1);
  BOOST_TEST((found->front() ==
              PortForward{Transport::tcp, 8080, asio::ip::make_address("192.168.1.10"), 80}));
  for (const auto* other :
       {"", "{}", "[]", R"({"nftables": 1})",
        R"({"nftables": [{"map": {"name": "forwarded_tcp", "elem": [8080]}}]})"})
    BOOST_TEST(!parse_forwards(other).has_value());
}

BOOST_AUTO_TEST_CASE(a_rule_accepts_ports_only_in_its_chain_and_before_the_one_that_drops) {
  const auto ports_of = [](const std::string& rules) {
    return parse_router_ports(R"({"nftables": [)" + rules + "]}").value();
  };
  const auto rule = [](const std::string& chain, const std::string& statements) {
    return R"({"rule": {"table": "office", "chain": ")" + chain + R"(", "expr": [)" + statements +
           "]}}";
  };
  const auto match = [](const std::string& left, const std::string& right) {
    return R"({"match": {"op": "==", "left": )" + left + R"(, "right": )" + right + "}}";
  };
  const std::string tcp = R"({"payload": {"protocol": "tcp", "field": "dport"}})";
  const std::string accept = R"({"accept": null})";
  const auto drop = rule("input", R"({"counter": {"packets": 1}}, {"drop": null})");
  const auto good = rule("input", match(tcp, "8085") + "," + accept);
  BOOST_TEST(ports_of(good + "," + drop).accepts(Transport::tcp, 8085));
  BOOST_TEST(!ports_of(good + "," + drop).accepts(Transport::tcp, 8086));
  BOOST_TEST(!ports_of(good + "," + drop).accepts(Transport::udp, 8085));
  const auto late = ports_of(drop + "," + good);
  BOOST_TEST(!late.accepts(Transport::tcp, 8085));
  BOOST_REQUIRE(late.accepted.size() == 1U);
  BOOST_TEST(late.accepted[0].comes_too_late);
  BOOST_TEST(
      !ports_of(rule("forward", match(tcp, "8085") + "," + accept)).accepts(Transport::tcp, 8085));
  BOOST_TEST(!ports_of(rule("input", match(tcp, "8085"))).accepts(Transport::tcp, 8085));
  const auto wan = match(R"({"meta": {"key": "iifname"}})", R"("wan")");
  const auto lan = match(R"({"meta": {"key": "iifname"}})", R"("lan")");
  const auto range = match(tcp, R"({"set": [80, {"range": [8000, 8090]}]})");
  BOOST_TEST(
      ports_of(rule("input", wan + "," + range + "," + accept)).accepts(Transport::tcp, 8085));
  BOOST_TEST(
      !ports_of(rule("input", lan + "," + range + "," + accept)).accepts(Transport::tcp, 8085));
  BOOST_TEST(!parse_router_ports(R"({"nftables": [{"rule": {"chain": "input"}}]})").has_value());
}

BOOST_AUTO_TEST_CASE(the_target_of_a_forwarded_port_is_a_host_inside) {
  BOOST_TEST(parse_forward_target("server1:80")->address.to_string() == "192.168.1.10");
  BOOST_TEST(parse_forward_target("192.168.1.13:445")->port == 445);
  for (const auto* wrong : {"router:80", "internet:80", "switch:80", "192.168.1.99:80", "server1",
                            "server1:0", "server1:x", ""})
    BOOST_TEST(!parse_forward_target(wrong).has_value());
  BOOST_TEST((parse_outside_port("53/udp")->transport == Transport::udp));
  for (const auto* wrong : {"0", "65536", "80/", "80/sctp", "", "/tcp"})
    BOOST_TEST(!parse_outside_port(wrong).has_value());
}

BOOST_AUTO_TEST_CASE(short_rules_have_each_rule_and_no_braces) {
  constexpr const char* listed = R"(table ip office {
	map forwarded_tcp {
		type inet_service : ipv4_addr . inet_service
		elements = { 8080 : 192.168.1.10 . 80 }
	}

	map forwarded_udp {
		type inet_service : ipv4_addr . inet_service
	}

	chain input {
		type filter hook input priority filter; policy drop;
		iifname { "lo", "lan" } accept
	}

	chain own {
	}
}
)";
  BOOST_TEST(short_rules(listed) == R"(table ip office
  map forwarded_tcp
    elements = { 8080 : 192.168.1.10 . 80 }
  map forwarded_udp: empty
  chain input (hook input, policy drop)
    iifname { "lo", "lan" } accept
  chain own: empty
)");
  BOOST_TEST(short_rules("") == "");
}

}  // namespace portlab::office
