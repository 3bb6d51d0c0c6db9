#include "servers/listener/listen_spec.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;

BOOST_AUTO_TEST_CASE(a_spec_reads_back_as_it_was_written) {
  for (const auto* text :
       {"http", "http=83", "http=127.0.0.1:83", "http=[::1]:83", "dns/udp=53", "dns/tcp=0.0.0.0:0",
        "echo/udp", "http=unix:/run/portlab/http", "forward=8080:192.168.1.10:80",
        "forward/udp=127.0.0.1:53:192.0.2.1:53", "forward=[::1]:8080:[2001:db8::1]:80"})
    BOOST_TEST(parse_listen_spec(text).value().to_string() == text);
}

BOOST_AUTO_TEST_CASE(what_is_no_spec_is_refused_with_a_reason) {
  for (const auto* wrong : {"",
                            "=83",
                            "http=",
                            "http=65536",
                            "http=-1",
                            "http=83x",
                            "http=name:83",
                            "http=::1:83",
                            "http=127.0.0.1",
                            "http=127.0.0.1:",
                            "dns/sctp=53",
                            "dns/=53",
                            "http=unix:",
                            "dns/udp=unix:/tmp/x",
                            "http=256.0.0.1:80",
                            "http=2001:db8::1:80",
                            "forward=8080:",
                            "forward=:host:80",
                            "forward=name:80:host:80",
                            "forward=[::1:80:host:80"}) {
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

BOOST_AUTO_TEST_CASE(an_argument_follows_the_port) {
  struct Row {
    const char* text;
    const char* address;  // "": none
    int port;
    const char* argument;
  };
  for (const auto& row : {Row{"forward=8080", "", 8080, ""},
                          Row{"forward=8080:www.lab.test:80", "", 8080, "www.lab.test:80"},
                          Row{"forward=8080:[2001:db8::1]:80", "", 8080, "[2001:db8::1]:80"},
                          Row{"forward=127.0.0.1:8080:host:80", "127.0.0.1", 8080, "host:80"},
                          Row{"forward=[::1]:8080:host:80", "::1", 8080, "host:80"},
                          Row{"forward=[::1]:8080", "::1", 8080, ""}}) {
    const auto parsed = parse_listen_spec(row.text).value();
    BOOST_TEST((parsed.address ? parsed.address->to_string() : "") == row.address, row.text);
    BOOST_TEST(parsed.port.value() == row.port, row.text);
    BOOST_TEST(parsed.argument == row.argument, row.text);
  }
}

BOOST_AUTO_TEST_CASE(an_argument_follows_a_unix_path) {
  const auto spec = parse_listen_spec("forward=unix:/run/a:unix:/run/b").value();
  BOOST_TEST(spec.path == "/run/a");
  BOOST_TEST(spec.argument == "unix:/run/b");
  BOOST_TEST(spec.to_string() == "forward=unix:/run/a:unix:/run/b");
  const auto escaped = parse_listen_spec("http=unix:/run/a\\:b\\\\c").value();
  BOOST_TEST(escaped.path == "/run/a:b\\c");
  BOOST_TEST(escaped.argument.empty());
  BOOST_TEST(escaped.to_string() == "http=unix:/run/a\\:b\\\\c");
  BOOST_TEST(parse_listen_spec("forward=unix::host:80").has_error());
  BOOST_TEST(parse_listen_spec("forward=unix:/run/a:").has_error());
}

BOOST_AUTO_TEST_CASE(an_argument_has_a_limit) {
  for (const auto size :
       {listen_argument_bytes_max - 1, listen_argument_bytes_max, listen_argument_bytes_max + 1}) {
    const auto parsed = parse_listen_spec("forward=8080:" + std::string(size, 'x'));
    BOOST_TEST(parsed.has_value() == (size <= listen_argument_bytes_max));
  }
}

BOOST_AUTO_TEST_CASE(a_move_may_name_the_port_where_the_listener_is) {
  const auto spec = parse_move_spec("http/tcp:8080=127.0.0.1:83").value();
  BOOST_TEST(spec.service == "http");
  BOOST_TEST(spec.from_port.value() == 8080);
  BOOST_TEST(spec.port.value() == 83);
  BOOST_TEST(spec.to_string() == "http/tcp:8080=127.0.0.1:83");
  BOOST_TEST(!parse_move_spec("http=83").value().from_port.has_value());
  BOOST_TEST(!parse_move_spec("forward=8080:host:80").value().from_port.has_value());
  for (const auto* wrong : {"http:8080", "http:=83", "http:x=83", "http:65536=83", "http:8080="})
    BOOST_TEST(parse_move_spec(wrong).has_error(), wrong);
}
