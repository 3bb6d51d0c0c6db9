#include "servers/listener/listen_spec.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;

BOOST_AUTO_TEST_CASE(a_spec_reads_back_as_it_was_written) {
  for (const auto* text : {"http", "http=83", "http=127.0.0.1:83", "http=[::1]:83", "dns/udp=53",
                           "dns/tcp=0.0.0.0:0", "echo/udp", "http=unix:/run/portlab/http"})
    BOOST_TEST(parse_listen_spec(text).value().to_string() == text);
}

BOOST_AUTO_TEST_CASE(what_is_no_spec_is_refused_with_a_reason) {
  for (const auto* wrong : {"", "=83", "http=", "http=65536", "http=-1", "http=83x", "http=name:83",
                            "http=::1:83", "http=127.0.0.1", "http=127.0.0.1:", "dns/sctp=53",
                            "dns/=53", "http=unix:", "dns/udp=unix:/tmp/x", "http=256.0.0.1:80"}) {
    const auto parsed = parse_listen_spec(wrong);
    BOOST_REQUIRE_MESSAGE(parsed.has_error(), "'" << wrong << "' was taken for a spec");
    BOOST_TEST(parsed.error().text.find("SERVICE=PORT") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_unix_path_fits_the_kernels_structure) {
  const std::string fits = "http=unix:/" + std::string(106, 'x');
  BOOST_TEST(parse_listen_spec(fits).has_value());
  BOOST_TEST(parse_listen_spec(fits + "x").has_error());
}
