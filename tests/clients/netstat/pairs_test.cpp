#include "clients/netstat/pairs.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/clients/netstat/rows.hpp"

using namespace portlab;
using namespace portlab::test;

namespace {

const PairingFacts linux_facts{
    .ephemeral = PortRange{32768, 60999}, .own_addresses = {}, .is_served = {}};

/// "127.0.0.1:49876 > 127.0.0.1:83 ESTABLISHED ESTABLISHED", a line for each pair; with ? instead
/// of > where the direction is a guess.
std::string pairs_of(const std::vector<SocketRow>& rows, const PairingFacts& facts = linux_facts,
                     bool with_listeners = false) {
  std::string out;
  for (const auto& pair : pair_up(rows, facts, with_listeners)) {
    const auto write_end = [&](const SocketEnd& end) {
      return to_endpoint(pair.transport, end).address_and_port();
    };
    const auto state = [](const auto& s) { return std::string(s ? to_string(*s) : "none"); };
    out += pair.kind == Pair::Kind::listener ? "nobody" : write_end(pair.client);
    out += (pair.guessed ? " ? " : " > ") + write_end(pair.server) + " " +
           state(pair.client_state) + " " + state(pair.server_state) +
           (pair.elsewhere ? " elsewhere\n" : "\n");
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(two_mirrored_rows_are_one_session_and_the_listener_is_the_server) {
  BOOST_TEST(pairs_of({listener("127.0.0.1:83"), tcp("127.0.0.1:83", "127.0.0.1:49876"),
                       tcp("127.0.0.1:49876", "127.0.0.1:83")}) ==
             "127.0.0.1:49876 > 127.0.0.1:83 ESTABLISHED ESTABLISHED\n");
}

BOOST_AUTO_TEST_CASE(a_listener_outranks_every_guess_about_numbers) {
  // A server on an ephemeral port, and a client that chose a well-known one with --from.
  BOOST_TEST(pairs_of({listener("127.0.0.1:50000"), tcp("127.0.0.1:50000", "127.0.0.1:20"),
                       tcp("127.0.0.1:20", "127.0.0.1:50000")}) ==
             "127.0.0.1:20 > 127.0.0.1:50000 ESTABLISHED ESTABLISHED\n");
}

BOOST_AUTO_TEST_CASE(a_listener_on_all_addresses_counts_for_each_of_them) {
  const std::vector session{tcp("127.0.0.2:50000", "127.0.0.1:20"),
                            tcp("127.0.0.1:20", "127.0.0.2:50000")};
  const auto with = [&](const SocketRow& l) {
    auto rows = session;
    rows.push_back(l);
    return pairs_of(rows);
  };
  const std::string by_listener = "127.0.0.1:20 > 127.0.0.2:50000 ESTABLISHED ESTABLISHED\n";
  const std::string by_number = "127.0.0.2:50000 ? 127.0.0.1:20 ESTABLISHED ESTABLISHED\n";
  BOOST_TEST(with(listener("0.0.0.0:50000")) == by_listener);
  BOOST_TEST(with(on_ipv6_socket(listener("[::]:50000"))) == by_listener);
  BOOST_TEST(with(on_ipv6_socket(listener("[::]:50000"), true)) == by_number);  // takes no IPv4
  BOOST_TEST(with(listener("127.0.0.3:50000")) == by_number);                   // another address
  BOOST_TEST(with(bound_udp("0.0.0.0:50000")) == by_number);                    // another transport
}

BOOST_AUTO_TEST_CASE(an_ipv4_client_pairs_with_an_ipv6_socket_that_serves_it) {
  BOOST_TEST(pairs_of({on_ipv6_socket(listener("[::]:8080")),
                       on_ipv6_socket(tcp("[::ffff:127.0.0.1]:8080", "[::ffff:127.0.0.1]:40000")),
                       tcp("127.0.0.1:40000", "127.0.0.1:8080")}) ==
             "127.0.0.1:40000 > 127.0.0.1:8080 ESTABLISHED ESTABLISHED\n");
}

BOOST_AUTO_TEST_CASE(without_a_listener_the_more_server_like_port_is_the_server) {
  BOOST_TEST(pairs_of({tcp("127.0.0.1:40000", "127.0.0.1:21")}) ==
             "127.0.0.1:40000 > 127.0.0.1:21 ESTABLISHED none\n");
  BOOST_TEST(pairs_of({tcp("127.0.0.1:8021", "127.0.0.1:40000")}) ==
             "127.0.0.1:40000 > 127.0.0.1:8021 none ESTABLISHED\n");
  // 49151 is registered with IANA, but this machine takes it for clients; 61000 it does not.
  BOOST_TEST(pairs_of({tcp("127.0.0.1:49151", "127.0.0.1:8021")}) ==
             "127.0.0.1:49151 > 127.0.0.1:8021 ESTABLISHED none\n");
  BOOST_TEST(pairs_of({tcp("127.0.0.1:61000", "127.0.0.1:40000")}) ==
             "127.0.0.1:61000 ? 127.0.0.1:40000 ESTABLISHED none\n");
  BOOST_TEST(pairs_of({tcp("127.0.0.1:8080", "127.0.0.1:80")}) ==
             "127.0.0.1:8080 ? 127.0.0.1:80 ESTABLISHED none\n");
}

BOOST_AUTO_TEST_CASE(the_ranks_change_at_the_ends_of_the_ranges) {
  const std::optional<PortRange> ephemeral = PortRange{32768, 60999};
  BOOST_TEST(server_rank(1023, ephemeral) == 0);
  BOOST_TEST(server_rank(1024, ephemeral) == 1);
  BOOST_TEST(server_rank(32767, ephemeral) == 1);
  BOOST_TEST(server_rank(32768, ephemeral) == 2);
  BOOST_TEST(server_rank(60999, ephemeral) == 2);
  BOOST_TEST(server_rank(61000, ephemeral) == 3);
  BOOST_TEST(server_rank(40000, std::nullopt) == 1);
  BOOST_TEST(server_rank(49152, std::nullopt) == 3);
}

BOOST_AUTO_TEST_CASE(only_the_end_that_closed_first_has_a_row_in_time_wait) {
  BOOST_TEST(pairs_of({listener("127.0.0.1:80"),
                       tcp("127.0.0.1:40000", "127.0.0.1:80", TcpState::time_wait),
                       tcp("127.0.0.1:80", "127.0.0.1:40002", TcpState::time_wait)}) ==
             "127.0.0.1:40000 > 127.0.0.1:80 TIME_WAIT none\n"
             "127.0.0.1:40002 > 127.0.0.1:80 none TIME_WAIT\n");
}

BOOST_AUTO_TEST_CASE(the_two_ends_may_be_in_different_states) {
  BOOST_TEST(pairs_of({listener("127.0.0.1:80"),
                       tcp("127.0.0.1:40000", "127.0.0.1:80", TcpState::fin_wait2),
                       tcp("127.0.0.1:80", "127.0.0.1:40000", TcpState::close_wait)}) ==
             "127.0.0.1:40000 > 127.0.0.1:80 FIN_WAIT2 CLOSE_WAIT\n");
}

BOOST_AUTO_TEST_CASE(the_other_end_of_a_session_with_another_machine_is_elsewhere_not_closed) {
  const std::vector rows{listener("0.0.0.0:22"), tcp("192.0.2.1:22", "198.51.100.7:50000")};
  BOOST_TEST(pairs_of(rows) == "198.51.100.7:50000 > 192.0.2.1:22 none ESTABLISHED elsewhere\n");
  auto facts = linux_facts;
  facts.own_addresses = {end("198.51.100.7:0")};
  BOOST_TEST(pairs_of(rows, facts) == "198.51.100.7:50000 > 192.0.2.1:22 none ESTABLISHED\n");
}

BOOST_AUTO_TEST_CASE(a_local_listener_does_not_decide_about_another_machine) {
  // A local listener on all addresses at 443 does not make 198.51.100.7:443 the server.
  BOOST_TEST(pairs_of({listener("0.0.0.0:443"), listener("0.0.0.0:50000"),
                       tcp("192.0.2.1:50000", "198.51.100.7:443")}) ==
             "198.51.100.7:443 > 192.0.2.1:50000 none ESTABLISHED elsewhere\n");
}

BOOST_AUTO_TEST_CASE(a_udp_client_pairs_with_the_socket_that_is_listener) {
  const auto answers = [](const SocketRow& server) {
    const auto pairs =
        pair_up(std::vector{server, udp("127.0.0.1:59210", "127.0.0.1:53")}, linux_facts, false);
    BOOST_REQUIRE(pairs.size() == 1U);
    BOOST_TEST((pairs[0].server == end("127.0.0.1:53")));
    return pairs[0].server_state.has_value();
  };
  BOOST_TEST(answers(bound_udp("127.0.0.1:53")));
  BOOST_TEST(answers(bound_udp("0.0.0.0:53")));
  BOOST_TEST(!answers(bound_udp("127.0.0.2:53")));
  BOOST_TEST(!answers(listener("127.0.0.1:53")));
}

BOOST_AUTO_TEST_CASE(two_connected_udp_sockets_are_one_session) {
  BOOST_TEST(
      pairs_of({udp("127.0.0.1:7", "127.0.0.1:40000"), udp("127.0.0.1:40000", "127.0.0.1:7")}) ==
      "127.0.0.1:40000 > 127.0.0.1:7 ESTABLISHED ESTABLISHED\n");
}

BOOST_AUTO_TEST_CASE(a_port_that_is_served_without_a_listener_is_the_server) {
  auto facts = linux_facts;
  const auto server = end("127.0.0.1:50001");
  facts.is_served = [&](Transport, const SocketEnd& s, const SocketEnd&) { return s == server; };
  const std::vector data{tcp("127.0.0.1:40000", "127.0.0.1:50001"),
                         tcp("127.0.0.1:50001", "127.0.0.1:40000")};
  BOOST_TEST(pairs_of(data, facts) ==
             "127.0.0.1:40000 > 127.0.0.1:50001 ESTABLISHED ESTABLISHED\n");
  BOOST_TEST(pairs_of(data) == "127.0.0.1:50001 ? 127.0.0.1:40000 ESTABLISHED ESTABLISHED\n");
}

BOOST_AUTO_TEST_CASE(a_socket_that_is_connected_to_itself_is_one_session) {
  BOOST_TEST(pairs_of({tcp("127.0.0.1:40000", "127.0.0.1:40000")}) ==
             "127.0.0.1:40000 ? 127.0.0.1:40000 ESTABLISHED ESTABLISHED\n");
}

BOOST_AUTO_TEST_CASE(a_row_that_the_kernel_listed_twice_makes_no_second_session) {
  BOOST_TEST(
      pairs_of({listener("127.0.0.1:80"), tcp("127.0.0.1:80", "127.0.0.1:40000"),
                tcp("127.0.0.1:80", "127.0.0.1:40000"), tcp("127.0.0.1:40000", "127.0.0.1:80")}) ==
      "127.0.0.1:40000 > 127.0.0.1:80 ESTABLISHED ESTABLISHED\n");
}

BOOST_AUTO_TEST_CASE(listeners_are_shown_only_when_asked_for_and_before_their_sessions) {
  const std::vector rows{tcp("127.0.0.1:40000", "127.0.0.1:80"), listener("127.0.0.1:80"),
                         bound_udp("127.0.0.1:53")};
  BOOST_TEST(pairs_of(rows) == "127.0.0.1:40000 > 127.0.0.1:80 ESTABLISHED none\n");
  BOOST_TEST(pairs_of(rows, linux_facts, true) ==
             "nobody > 127.0.0.1:80 none LISTEN\n"
             "127.0.0.1:40000 > 127.0.0.1:80 ESTABLISHED none\n"
             "nobody > 127.0.0.1:53 none CLOSE\n");
}

// "redirect" of nft(8): the client's socket has the port that it called, the server's its own.
BOOST_AUTO_TEST_CASE(nat_on_this_machine_gives_the_two_ends_different_4_tuples) {
  const auto pairs =
      pair_up(std::vector{listener("127.0.0.1:8080"), tcp("127.0.0.1:40000", "127.0.0.1:80"),
                          tcp("127.0.0.1:8080", "127.0.0.1:40000")},
              linux_facts, false);
  BOOST_REQUIRE(pairs.size() == 1U);
  BOOST_TEST((pairs[0].client == end("127.0.0.1:40000")));
  BOOST_TEST((pairs[0].server == end("127.0.0.1:80")));
  BOOST_TEST((pairs[0].translated == end("127.0.0.1:8080")));
  BOOST_TEST((pairs[0].client_state == TcpState::established));
  BOOST_TEST((pairs[0].server_state == TcpState::established));
}

BOOST_AUTO_TEST_CASE(halves_are_joined_only_where_one_client_fits) {
  // Two calls from one port: which of them reaches port 8080 is unknown.
  const auto pairs = pair_up(
      std::vector{listener("127.0.0.1:8080"), tcp("127.0.0.1:40000", "127.0.0.1:80"),
                  tcp("127.0.0.1:40000", "127.0.0.1:81"), tcp("127.0.0.1:8080", "127.0.0.1:40000")},
      linux_facts, false);
  BOOST_TEST(pairs.size() == 3U);
  for (const auto& pair : pairs) BOOST_TEST(!pair.translated.has_value());
}
