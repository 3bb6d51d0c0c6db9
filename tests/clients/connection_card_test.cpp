#include "clients/net/connection_card.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace portlab;

namespace {

constexpr TextStyle unicode{.unicode = true, .colour = false};
constexpr TextStyle ascii{.unicode = false, .colour = false};

Endpoint at(const char* address, std::uint16_t port) {
  return tcp_endpoint(parse_address(address).value(), port);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_card_shows_both_ends_and_what_their_ports_are) {
  const Card card{at("127.0.0.1", 49876), at("127.0.0.1", 83), "http", 80, false};
  BOOST_TEST(to_text(card, unicode) ==
             "tcp  127.0.0.1:49876  \u2192  127.0.0.1:83\n"
             "     ephemeral           well-known \u00b7 not http's default port 80\n");
  BOOST_TEST(to_text(card, ascii) ==
             "tcp  127.0.0.1:49876  ->  127.0.0.1:83\n"
             "     ephemeral            well-known, not http's default port 80\n");
}

BOOST_AUTO_TEST_CASE(what_is_written_below_an_end_begins_where_the_end_does) {
  for (const auto* address :
       {"1.2.3.4", "127.0.0.1", "::1", "2001:db8:1234:5678:9abc:def0:1234:5678"}) {
    for (const bool chosen : {false, true}) {
      const Card card{at(address, 60000), at(address, 80), "http", 80, chosen};
      const auto text = to_text(card, ascii);
      const auto first = text.substr(0, text.find('\n'));
      const auto below = text.substr(first.size() + 1);
      BOOST_TEST(first.find(card.local.address_and_port()) ==
                 below.find(describe_local(card, ", ")));
      BOOST_TEST(first.rfind(card.remote.address_and_port()) ==
                 below.find(describe_remote(card, ", ")));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_peers_port_is_described_by_category_and_default_port) {
  const auto description = [](std::uint16_t port, const char* service, std::uint16_t home) {
    return describe_remote({at("::1", 50000), at("::1", port), service, home, false}, ", ");
  };
  BOOST_TEST(description(80, "http", 80) == "well-known, http's default port");
  BOOST_TEST(description(8080, "http", 80) == "registered, not http's default port 80");
  BOOST_TEST(description(50000, "echo", 7) == "dynamic, not echo's default port 7");
  BOOST_TEST(description(22, "ssh", 0) == "well-known for ssh");
  BOOST_TEST(description(5000, "", 0) == "registered");
}

BOOST_AUTO_TEST_CASE(a_chosen_source_port_is_not_ephemeral) {
  const Card card{at("127.0.0.1", 40000), at("127.0.0.1", 80), "http", 80, true};
  BOOST_TEST(describe_local(card, ", ") == "registered, chosen with --from");
}

BOOST_AUTO_TEST_CASE(a_port_that_a_reply_named_has_no_registered_service) {
  Card card{at("127.0.0.1", 40000), at("127.0.0.1", 36895), "ftp-data"};
  card.named_by = "the 227 reply";
  BOOST_TEST(describe_local(card, ", ") == "ephemeral");
  BOOST_TEST(describe_remote(card, ", ") == "ephemeral, named by the 227 reply");
}

BOOST_AUTO_TEST_CASE(the_arrow_points_to_the_end_that_was_connected_to) {
  Card card{at("127.0.0.1", 40000), at("127.0.0.1", 20), "ftp-data", 20};
  card.incoming = true;
  card.named_by = "the PORT command";
  BOOST_TEST(
      to_text(card, ascii) ==
      "tcp  127.0.0.1:40000                       <-  127.0.0.1:20\n"
      "     ephemeral, named by the PORT command      well-known, ftp-data's default port\n");
}

BOOST_AUTO_TEST_CASE(on_a_narrow_terminal_the_ends_are_one_below_the_other) {
  const Card card{at("127.0.0.1", 49876), at("127.0.0.1", 83), "http", 80, false};
  BOOST_TEST(to_text(card, ascii, 64) == to_text(card, ascii));
  BOOST_TEST(to_text(card, ascii, 63) ==
             "tcp  127.0.0.1:49876\n"
             "     ephemeral\n"
             "  ->  127.0.0.1:83\n"
             "     well-known, not http's default port 80\n");
}

BOOST_AUTO_TEST_CASE(a_unix_socket_has_no_ports_to_describe) {
  const Card card{local_endpoint(""), local_endpoint("/run/x"), "http", 80, false};
  BOOST_TEST(to_text(card, ascii) == "unix  (unnamed)  ->  /run/x\n");
}

BOOST_AUTO_TEST_CASE(colour_changes_no_letter) {
  const Card card{at("127.0.0.1", 49876), at("127.0.0.1", 83), "http", 80, false};
  auto text = to_text(card, {.unicode = true, .colour = true});
  BOOST_TEST(text.find("\033[") != std::string::npos);
  for (auto begin = text.find('\033'); begin != std::string::npos; begin = text.find('\033'))
    text.erase(begin, text.find('m', begin) - begin + 1);
  BOOST_TEST(text == to_text(card, unicode));
}

BOOST_AUTO_TEST_CASE(the_json_has_both_ends_and_whether_the_service_moved) {
  const Card card{at("127.0.0.1", 49876), at("127.0.0.1", 83), "http", 80, false};
  BOOST_TEST(boost::json::serialize(to_json(card)) ==
             R"({"local":{"transport":"tcp","address":"127.0.0.1","port":49876,)"
             R"("category":"dynamic","is":"ephemeral"},)"
             R"("remote":{"transport":"tcp","address":"127.0.0.1","port":83,)"
             R"("category":"well-known","is":"well-known, not http's default port 80"},)"
             R"("service":"http","home_port":80,"moved":true})");
}
