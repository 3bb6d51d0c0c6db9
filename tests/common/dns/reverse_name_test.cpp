#include "common/dns/reverse_name.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/test/unit_test.hpp>

using namespace portlab;
using namespace portlab::dns;

namespace {

Name name(std::string_view text) { return Name::from_text(text).value(); }

}  // namespace

BOOST_AUTO_TEST_CASE(an_address_has_a_name_and_a_name_an_address) {
  const auto v4 = asio::ip::make_address("127.0.0.11");
  BOOST_TEST(reverse_name(v4).to_text() == "11.0.0.127.in-addr.arpa.");
  // The example of RFC 3596 section 2.5.
  const auto v6 = asio::ip::make_address("4321:0:1:2:3:4:567:89ab");
  BOOST_TEST(reverse_name(v6).to_text() ==
             "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa.");
  for (const auto& address :
       {v4, v6, asio::ip::make_address("::1"), asio::ip::make_address("255.0.0.0")}) {
    BOOST_TEST(address_of_reverse_name(reverse_name(address)).value() == address);
    BOOST_TEST(is_reverse_name(reverse_name(address)));
  }
  BOOST_TEST(address_of_reverse_name(name("1.0.0.127.IN-Addr.ARPA.")).has_value());
}

BOOST_AUTO_TEST_CASE(other_names_have_no_address) {
  for (const auto* text :
       {".", "in-addr.arpa.", "0.0.127.in-addr.arpa.", "1.1.0.0.127.in-addr.arpa.",
        "256.0.0.127.in-addr.arpa.", "01.0.0.127.in-addr.arpa.", "x.0.0.127.in-addr.arpa.",
        "1.0.0.127.in-addr.arpa.test.", "1.0.0.127.lab.test.", "1.0.ip6.arpa.", "ip6.arpa.",
        "g.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa.",
        "bb.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa."})
    BOOST_TEST(!address_of_reverse_name(name(text)).has_value(), text);
  BOOST_TEST(is_reverse_name(name("0.127.in-addr.arpa.")));
  BOOST_TEST(!is_reverse_name(name("in-addr.arpa.")));
  BOOST_TEST(!is_reverse_name(name("lab.test.")));
}
