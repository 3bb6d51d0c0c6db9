#include <boost/test/unit_test.hpp>

#include "clients/cli/command_error.hpp"
#include "clients/cli/download.hpp"
#include "clients/http/http_fetch.hpp"
#include "clients/http/http_url.hpp"
#include "common/http/http_syntax.hpp"

using namespace portlab;

BOOST_AUTO_TEST_CASE(a_url_is_taken_apart) {
  const auto url = parse_http_url("http://www.lab.test:83/a/b?c=d#e");
  BOOST_TEST(url.host == "www.lab.test");
  BOOST_TEST(url.port == 83);
  BOOST_TEST(url.explicit_port);
  BOOST_TEST(url.target == "/a/b?c=d");
  BOOST_TEST(url.text() == "http://www.lab.test:83/a/b?c=d");
}

BOOST_AUTO_TEST_CASE(what_a_url_leaves_out_is_filled_in) {
  BOOST_TEST(parse_http_url("127.0.0.1").text() == "http://127.0.0.1/");
  BOOST_TEST(parse_http_url("localhost:83").port == 83);
  BOOST_TEST(parse_http_url("http://x:/").port == 80);
  BOOST_TEST(!parse_http_url("http://x:/").explicit_port);
  BOOST_TEST(parse_http_url("http://x:80/").explicit_port);
  BOOST_TEST(parse_http_url("http://x?q").target == "/?q");
  BOOST_TEST(parse_http_url("HTTP://x/").text() == "http://x/");
  BOOST_TEST(parse_http_url("[::1]:83/x").host == "::1");
}

BOOST_AUTO_TEST_CASE(the_host_field_keeps_the_port) {
  BOOST_TEST(parse_http_url("http://h:83/").authority() == "h:83");
  BOOST_TEST(parse_http_url("http://h:80/").authority() == "h");
  BOOST_TEST(parse_http_url("http://[::1]:83/").authority() == "[::1]:83");
  BOOST_TEST(parse_http_url("http://[::1]/").authority() == "[::1]");
}

BOOST_AUTO_TEST_CASE(a_location_is_seen_from_where_it_came) {
  const auto from = parse_http_url("http://h:83/a/b");
  BOOST_TEST(follow(from, "c").text() == "http://h:83/a/c");
  BOOST_TEST(follow(from, "/c?d").text() == "http://h:83/c?d");
  BOOST_TEST(follow(from, "//i/c").text() == "http://i/c");
  BOOST_TEST(follow(from, "http://i:84").text() == "http://i:84/");
  BOOST_TEST(follow(from, "../../../c").text() == "http://h:83/c");
  BOOST_TEST(follow(from, "#part").text() == "http://h:83/a/b");
  BOOST_TEST(from.same_origin(follow(from, "http://H:83/x")));
  BOOST_TEST(!from.same_origin(follow(from, "http://h/x")));
  BOOST_CHECK_THROW(follow(from, "mailto:h"), CommandError);
  BOOST_CHECK_THROW(follow(from, "http://[/"), CommandError);
  BOOST_CHECK_THROW(follow(from, "http://h%3a/"), CommandError);  // decoded, it would be a port
}

BOOST_AUTO_TEST_CASE(a_location_may_have_raw_characters_and_a_zone) {
  const auto from = parse_http_url("http://h:83/a/b");
  BOOST_TEST(follow(from, "/a[1].html?q=[2]").text() == "http://h:83/a%5B1%5D.html?q=%5B2%5D");
  BOOST_TEST(follow(from, "/c?d#e#f").text() == "http://h:83/c?d");
  BOOST_TEST(follow(from, "/c?u=http://[::1]/").text() == "http://h:83/c?u=http://%5B::1%5D/");
  BOOST_TEST(follow(from, "http://[::1]:84/[x]").text() == "http://[::1]:84/%5Bx%5D");
  BOOST_TEST(follow(from, "//[::1]/x").text() == "http://[::1]/x");
  for (const auto* text : {"http://[fe80::1%25lo]:84/x", "http://[fe80::1%lo]:84/x"})
    BOOST_TEST(follow(from, text).text() == "http://[fe80::1%lo]:84/x");
  BOOST_TEST(follow(from, "//[fe80::1%lo]/x").host == "fe80::1%lo");
  BOOST_CHECK_THROW(follow(from, "http://[fe80::1%nosuch0]/"), CommandError);
  BOOST_CHECK_THROW(follow(from, "http://[fe80::1%lo/"), CommandError);
  BOOST_CHECK_THROW(follow(from, "http://[2001:db8::1%lo]/"), CommandError);
  for (const auto* zone : {"1\x1b[31m", "1;reboot", "lo x", "lo'", "l\xc3\xb6"})
    for (const auto* address : {"::1", "fe80::1"}) {
      const auto location = "http://[" + std::string(address) + "%" + zone + "]:83/x";
      BOOST_CHECK_EXCEPTION(follow(from, location), CommandError, [](const CommandError& failure) {
        return failure.text().find('\x1b') == std::string::npos;
      });
    }
}

BOOST_AUTO_TEST_CASE(a_service_belongs_to_the_domain_of_its_host) {
  BOOST_TEST(srv_name_of(parse_http_url("www.lab.test")) == "_http._tcp.lab.test");
  BOOST_TEST(srv_name_of(parse_http_url("lab.test")) == "_http._tcp.lab.test");
  BOOST_TEST(srv_name_of(parse_http_url("https://www.lab.test")) == "_https._tcp.lab.test");
}

BOOST_AUTO_TEST_CASE(https_is_another_origin_with_another_default_port) {
  const auto url = parse_http_url("HTTPS://h/a");
  BOOST_TEST(url.is_https());
  BOOST_TEST(url.port == 443);
  BOOST_TEST(url.text() == "https://h/a");
  BOOST_TEST(parse_http_url("https://h:443/").authority() == "h");
  BOOST_TEST(parse_http_url("https://h:80/").text() == "https://h:80/");
  BOOST_TEST(parse_http_url("http://h:443/").text() == "http://h:443/");
  const auto plain = parse_http_url("http://h/a");
  BOOST_TEST(follow(plain, "https://h/").is_https());
  BOOST_TEST(follow(url, "http://h/").port == 80);
  BOOST_TEST(follow(url, "//i/b").text() == "https://i/b");
  BOOST_TEST(follow(url, "c").text() == "https://h/c");
  BOOST_TEST(!plain.same_origin(url));
  BOOST_TEST(!parse_http_url("http://h:443/").same_origin(parse_http_url("https://h/")));
}

BOOST_AUTO_TEST_CASE(what_the_user_gives_replaces_what_is_usual) {
  HttpPlan plan;
  plan.request.fields = {{"host", "other"}, {"Accept", ""}, {"X", "1"}, {"X", "2"}};
  const auto head = complete_request(plan, parse_http_url("http://h:83/t")).head();
  BOOST_TEST(head ==
             "GET /t HTTP/1.1\r\nUser-Agent: portlab\r\nhost: other\r\nX: 1\r\nX: 2\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(tokens) {
  BOOST_TEST(http::is_token("X-Y_z!"));
  for (const auto* wrong : {"", "a b", "a:b", "a\r", "ü", "(a)"})
    BOOST_TEST(!http::is_token(wrong));
}

BOOST_AUTO_TEST_CASE(a_progress_bar_is_never_wider_than_the_terminal) {
  for (unsigned columns = 1; columns < 200; ++columns) {
    for (const std::uint64_t bytes : {0ULL, 1ULL, 999'999'999ULL, 1'000'000'000ULL, ~0ULL}) {
      BOOST_REQUIRE(progress_text(bytes, 1'000'000'000, columns).size() <= columns);
      BOOST_REQUIRE(progress_text(bytes, std::nullopt, columns).size() <= columns);
    }
  }
  BOOST_TEST(progress_text(0, 0, 80) == "0 bytes");
  const auto half = progress_text(512, 1024, 79);
  BOOST_TEST(half.starts_with("[##"));
  BOOST_TEST(half.find(" 50 %") != std::string::npos);
  BOOST_TEST(progress_text(1024, 1024, 79).find('.') > progress_text(1024, 1024, 79).find(']'));
}

BOOST_AUTO_TEST_CASE(sizes_for_people) {
  BOOST_TEST(human_size(0) == "0 bytes");
  BOOST_TEST(human_size(1) == "1 byte");
  BOOST_TEST(human_size(1023) == "1023 bytes");
  BOOST_TEST(human_size(1024) == "1.0 KiB");
  BOOST_TEST(human_size(1024 * 1024) == "1.0 MiB");
}
