// The pure parts: syntax, dates, targets, ranges; and the readers of head and body, with their input
// cut into pieces in every way.

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <string_view>

#include "common/http/http_syntax.hpp"
#include "servers/http/byte_range.hpp"
#include "servers/http/http_date.hpp"
#include "servers/http/media_type.hpp"
#include "servers/http/request_framing.hpp"
#include "servers/http/request_target.hpp"
#include "tests/servers/http/read_requests.hpp"

using namespace portlab;
using namespace portlab::http;

BOOST_AUTO_TEST_CASE(numbers_are_digits_that_fit) {
  BOOST_TEST(parse_decimal("0").value() == 0U);
  BOOST_TEST(parse_decimal("18446744073709551615").value() == 18446744073709551615U);
  for (const auto* wrong :
       {"", "18446744073709551616", "99999999999999999999999", "-1", "+1", " 1", "1 ", "1a", "0x1"})
    BOOST_TEST(!parse_decimal(wrong).has_value(), wrong);
}

BOOST_AUTO_TEST_CASE(lists_are_split_at_commas_outside_quotes) {
  const auto split = [](std::string_view list) {
    std::string joined;
    ListReader reader(list);
    while (const auto element = reader.next()) joined += "[" + std::string(*element) + "]";
    return joined;
  };
  BOOST_TEST(split("a, b ,,\tc") == "[a][b][c]");
  BOOST_TEST(split("\"a,b\", W/\"c\"") == "[\"a,b\"][W/\"c\"]");
  BOOST_TEST(split("") == "");
  BOOST_TEST(split(" , ,") == "");
  BOOST_TEST(split("\"open, a") == "[\"open, a]");
}

BOOST_AUTO_TEST_CASE(percent_signs_need_two_hex_digits) {
  BOOST_TEST(percent_decode("/a%20b%2Fc%e9").value() == "/a b/c\xe9");
  BOOST_TEST(percent_decode("%25%32%30").value() == "%20");
  for (const auto* wrong : {"%", "%a", "a%", "%4", "%zz", "%4z", "%%41"})
    BOOST_TEST(!percent_decode(wrong).has_value(), wrong);
  BOOST_TEST(percent_encode_path("/a b\xe9?#%\"'<") == "/a%20b%E9%3F%23%25%22%27%3C");
  for (int byte = 1; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    BOOST_TEST(percent_decode(percent_encode_path(one)).value() == one);
  }
}

BOOST_AUTO_TEST_CASE(dates_are_written_in_one_format_and_read_in_three) {
  constexpr std::int64_t now = 1'800'000'000;
  BOOST_TEST(format_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  BOOST_TEST(format_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  BOOST_TEST(format_date(951827696) == "Tue, 29 Feb 2000 12:34:56 GMT");
  for (const auto* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994"})
    BOOST_TEST(parse_date(text, now).value() == 784111777, text);
  BOOST_TEST(parse_date("Friday, 01-Jan-27 00:00:00 GMT", now).value() == 1798761600);
  BOOST_TEST(parse_date("Friday, 01-Jan-99 00:00:00 GMT", now).value() == 915148800);
  BOOST_TEST(parse_date("Sat Nov 26 08:49:37 1994", now).has_value());
  BOOST_TEST(parse_date("Sat, 31 Dec 2016 23:59:60 GMT", now).value() == 1483228800);
  for (const auto* wrong : {"", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
                            "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
                            "Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
                            "Son, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
                            "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
                            "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT",
                            "Sun, 06 Nov 1994 8:49:37 GMT", "784111777", "1994-11-06T08:49:37Z"})
    BOOST_TEST(!parse_date(wrong, now).has_value(), wrong);
  for (std::int64_t when = 0; when < 4'000'000'000; when += 12'345'677)
    BOOST_REQUIRE(parse_date(format_date(when), now).value() == when);
}

BOOST_AUTO_TEST_CASE(media_types_follow_the_names) {
  BOOST_TEST(media_type_of("index.html") == "text/html; charset=utf-8");
  BOOST_TEST(media_type_of("a.tar.GZ") == "application/gzip");
  BOOST_TEST(media_type_of("README") == "application/octet-stream");
  BOOST_TEST(media_type_of("html") == "application/octet-stream");
  BOOST_TEST(media_type_of("") == "application/octet-stream");
}

BOOST_AUTO_TEST_CASE(hosts_are_names_or_addresses_with_or_without_port) {
  for (const auto* right : {"a", "www.lab.test", "a:80", "a:", "127.0.0.1:83", "[::1]", "[::1]:83",
                            "a_b", "a%20b", "xn--caf-dma.example", "a:65535", "a:00080"})
    BOOST_TEST(is_valid_host(right), right);
  for (const auto* wrong :
       {"",    ":80",     "a b",         "a,b",   "u@a",    "a/",  "a?",          "a#",
        "a:b", "a:65536", "a:-1",        "[::1",  "::1",    "[a]", "[127.0.0.1]", "[::1]80",
        "a%2", "a\\b",    "caf\xc3\xa9", "\"a\"", "a:80:80"})
    BOOST_TEST(!is_valid_host(wrong), wrong);
}

BOOST_AUTO_TEST_CASE(targets_come_in_four_forms) {
  const auto path = [](std::string_view method, std::string_view text) -> std::string {
    Request request;
    request.method = method;
    request.target = text;
    if (const auto error = read_target(request)) return std::to_string(error->status);
    return request.whole_server ? "*" : request.path + " " + request.query;
  };
  BOOST_TEST(path("GET", "/") == "/ ");
  BOOST_TEST(path("GET", "/a%20b?c=%20&d?e") == "/a b c=%20&d?e");
  BOOST_TEST(path("GET", "http://lab/a?b") == "/a b");
  BOOST_TEST(path("GET", "HTTP://[::1]:83") == "/ ");
  BOOST_TEST(path("GET", "http://lab?b") == "/ b");
  BOOST_TEST(path("OPTIONS", "*") == "*");
  BOOST_TEST(path("OPTIONS", "http://lab") == "*");
  BOOST_TEST(path("OPTIONS", "http://lab/") == "/ ");
  BOOST_TEST(path("GET", "*") == "400");
  BOOST_TEST(path("GET", "lab:80") == "400");
  BOOST_TEST(path("GET", "https://lab/a?b") == "/a b");
  BOOST_TEST(path("GET", "ftp://lab/") == "400");
  BOOST_TEST(path("GET", "http://u@lab/") == "400");
  BOOST_TEST(path("GET", "") == "400");
  BOOST_TEST(path("GET", "/%00") == "400");
  BOOST_TEST(path("GET", "/?%00%zz") == "/ %00%zz");  // the server does not decode queries
  BOOST_TEST(path("CONNECT", "lab:80") == "501");
}

BOOST_AUTO_TEST_CASE(ranges_of_every_small_file_are_right) {
  // Compared with the text of the RFC, for all files of up to 6 bytes and all single ranges.
  for (std::uint64_t size = 1; size <= 6; ++size)
    for (std::uint64_t first = 0; first <= 8; ++first) {
      for (std::uint64_t last = first; last <= 8; ++last) {
        const auto choice =
            choose_ranges("bytes=" + std::to_string(first) + "-" + std::to_string(last), size);
        if (first >= size) {
          BOOST_REQUIRE((choice.kind == RangeChoice::Kind::unsatisfiable));
          continue;
        }
        BOOST_REQUIRE((choice.kind == RangeChoice::Kind::parts));
        BOOST_REQUIRE(choice.parts.front().offset == first);
        BOOST_REQUIRE(choice.parts.front().length == std::min(last, size - 1) - first + 1);
      }
      const auto suffix = choose_ranges("bytes=-" + std::to_string(first), size);
      if (first == 0) {
        BOOST_REQUIRE((suffix.kind == RangeChoice::Kind::unsatisfiable));
        continue;
      }
      BOOST_REQUIRE(suffix.parts.front().length == std::min(first, size));
      BOOST_REQUIRE(suffix.parts.front().offset == size - std::min(first, size));
    }
  BOOST_TEST((choose_ranges("bytes=0-0", 0).kind == RangeChoice::Kind::whole));
}

namespace {

std::string read_whole(std::string_view bytes) {
  return read_requests(bytes, [&] { return bytes.size(); });
}

const std::string requests =
    "GET /a HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n"
    "\r\nPOST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;e=\"f\"\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nT: v\r\n\r\n"
    "PUT /c HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n\r\n\r\nGET"
    "HEAD /d HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";

}  // namespace

BOOST_AUTO_TEST_CASE(requests_are_read_the_same_however_they_are_cut) {
  const std::string wanted = "GET /a; POST /b +21; PUT /c +7; HEAD /d; ?";
  BOOST_TEST(read_whole(requests) == wanted);
  for (std::size_t piece = 1; piece < requests.size(); ++piece)
    BOOST_REQUIRE(read_requests(requests, [&] { return piece; }) == wanted);
}

BOOST_AUTO_TEST_CASE(no_beginning_of_a_request_is_answered) {
  for (std::size_t cut = 0; cut < requests.size(); ++cut) {
    const auto seen = read_whole(std::string_view(requests).substr(0, cut));
    BOOST_REQUIRE_MESSAGE(seen.ends_with("?"), cut << ": " << seen);
  }
}

BOOST_AUTO_TEST_CASE(mutated_requests_are_read_the_same_however_they_are_cut) {
  // With the sanitizers this is a small fuzzer: 20,000 inputs with a few bytes changed.
  std::mt19937 random(20260101);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  using namespace std::string_view_literals;
  constexpr auto characters = "\r\n \t:;,=\"0aAfF\0x#%\x7f\xff/"sv;
  for (int round = 0; round < 20'000; ++round) {
    std::string mutated = requests;
    for (auto edits = 1 + below(4); edits > 0; --edits) {
      const auto at = below(mutated.size());
      switch (below(4)) {
        case 0:
          mutated[at] = characters[below(characters.size())];
          break;
        case 1:
          mutated.insert(at, 1, characters[below(characters.size())]);
          break;
        case 2:
          mutated.erase(at, 1 + below(3));
          break;
        default:
          mutated.insert(below(mutated.size()), mutated.substr(at, 1 + below(40)));
      }
    }
    const auto whole = read_whole(mutated);
    const auto cut = read_requests(mutated, [&] { return 1 + below(9); });
    // In pieces some errors are found earlier, but never a different request.
    BOOST_REQUIRE_MESSAGE(whole == cut, whole << "\n" << cut << "\n" << mutated);
  }
}
