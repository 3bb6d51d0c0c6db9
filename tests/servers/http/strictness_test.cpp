// Each rule of RFC 9110 and RFC 9112 about malformed, ambiguous and oversized requests as a row: the
// bytes, and the status that they must get. After each table the server must still answer.

#include <initializer_list>

#include "servers/http/request_body.hpp"
#include "servers/http/request_framing.hpp"
#include "servers/http/request_head.hpp"
#include "tests/servers/http/http_test_server.hpp"

using namespace portlab;

namespace {

struct Row {
  const char* what;
  std::string request;
  int status;
};

std::string with(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: lab\r\n" + fields + "\r\n";
}
std::string post(const std::string& fields, const std::string& body) {
  return "POST /request HTTP/1.1\r\nHost: lab\r\n" + fields + "\r\n" + body;
}
std::string chunked(const std::string& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}
std::string line(const std::string& request_line) { return request_line + "\r\nHost: lab\r\n\r\n"; }
std::string with_nul(const char* before, const char* after) {
  return std::string(before) + '\0' + after;
}

void check(const Lab& lab, std::initializer_list<Row> rows, bool closes) {
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.what) {
      TestClient asking = lab.client();
      asking.send(row.request);
      const auto response = Lab::read(asking);
      BOOST_TEST(response.status == row.status, asking.dialogue());
      BOOST_TEST(response.field("Date") != "(none)");
      if (closes) {
        BOOST_TEST(response.field("Connection") == "close");
        BOOST_TEST(asking.is_closed_by_peer());
      }
    }
  }
  BOOST_TEST(lab.get("/hello.txt").status == 200);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http_strictness, Lab)

BOOST_AUTO_TEST_CASE(request_lines) {
  check(*this,
        {
            {"two spaces before the target", line("GET  / HTTP/1.1"), 400},
            {"two spaces after the target", line("GET /  HTTP/1.1"), 400},
            {"a space after the version", line("GET / HTTP/1.1 "), 400},
            {"a space in the target", line("GET /a b HTTP/1.1"), 400},
            {"a tab for a space", line("GET\t/\tHTTP/1.1"), 400},
            {"a space in front", line(" GET / HTTP/1.1"), 400},
            {"no target", line("GET HTTP/1.1"), 400},
            {"no version", "GET /\r\n\r\n", 400},
            {"an empty version", "GET / \r\n\r\n", 400},
            {"a method alone", "GET\r\n\r\n", 400},
            {"a space alone", " \r\n\r\n", 400},
            {"a fragment", line("GET /hello.txt#top HTTP/1.1"), 400},
            {"a relative target", line("GET hello.txt HTTP/1.1"), 400},
            {"* with GET", line("GET * HTTP/1.1"), 400},
            {"another scheme", line("GET ftp://lab/ HTTP/1.1"), 400},
            {"a URL without host", line("GET http:///x HTTP/1.1"), 400},
            {"a URL with a user", line("GET http://user@lab/ HTTP/1.1"), 400},
            {"bytes beyond ASCII", line("GET /caf\xc3\xa9 HTTP/1.1"), 400},
            {"overlong UTF-8", line("GET /\xc0\xaf HTTP/1.1"), 400},
            {"a NUL in the target", with_nul("GET /a", "b HTTP/1.1\r\nHost: lab\r\n\r\n"), 400},
            {"a control character", line("GET /\x01 HTTP/1.1"), 400},
            {"%00", line("GET /hello.txt%00.png HTTP/1.1"), 400},
            {"%0d%0a", line("GET /%0d%0aX:y HTTP/1.1"), 400},
            {"half an escape", line("GET /%4 HTTP/1.1"), 400},
            {"an escape that is none", line("GET /%zz HTTP/1.1"), 400},
            {"a method that is no token", line("G(T / HTTP/1.1"), 400},
            {"a lower-case version", line("GET / http/1.1"), 400},
            {"a version without minor", line("GET / HTTP/1"), 400},
            {"a version with a zero", line("GET / HTTP/01.1"), 400},
            {"a version with two digits", line("GET / HTTP/1.10"), 400},
            {"white space in the version", line("GET / HTTP/ 1.1"), 400},
            {"another protocol", line("OPTIONS / RTSP/1.0"), 400},
            {"words before the method", "Extra lineGET / HTTP/1.1\r\nHost: lab\r\n\r\n", 400},
            {"HTTP/2.0", line("GET / HTTP/2.0"), 505},
            {"HTTP/9.9", line("GET / HTTP/9.9"), 505},
            {"HTTP/0.9", line("GET / HTTP/0.9"), 505},
            {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
            {"CONNECT", line("CONNECT lab:443 HTTP/1.1"), 501},
            {"a bare LF", "GET / HTTP/1.1\nHost: lab\r\n\r\n", 400},
            {"a bare CR", "GET / HTTP/1.1\rHost: lab\r\n\r\n", 400},
            {"a TLS hello", "\x16\x03\x01\x02", 400},
            {"too many empty lines", "\r\n\r\n\r\n\r\n\r\nGET", 400},
        },
        true);
}

BOOST_AUTO_TEST_CASE(a_higher_minor_version_is_served_as_http_1_1) {
  for (const auto* version : {"HTTP/1.2", "HTTP/1.9"}) {
    TestClient asking = client();
    asking.send(line(std::string("GET /hello.txt ") + version));
    const auto response = read(asking);
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.head.starts_with("HTTP/1.1 "));
    BOOST_TEST(response.field("Connection") == "(none)");
  }
}

BOOST_AUTO_TEST_CASE(field_lines) {
  check(*this,
        {
            {"obs-fold", with("X: a\r\n b\r\n"), 400},
            {"obs-fold by tab", with("X: a\r\n\tb\r\n"), 400},
            {"a folded Host", "GET / HTTP/1.1\r\nHost:\r\n lab\r\n\r\n", 400},
            {"white space before the first line", "GET / HTTP/1.1\r\n \r\nHost: lab\r\n\r\n", 400},
            {"a space before the first name", "GET / HTTP/1.1\r\n Host: lab\r\n\r\n", 400},
            {"a space before the colon", with("X : y\r\n"), 400},
            {"a tab before the colon", with("X\t: y\r\n"), 400},
            {"a space in a name", with("X Y: z\r\n"), 400},
            {"a name in brackets", with("X[0]: y\r\n"), 400},
            {"a name beyond ASCII", with("X\xc3\xa9: y\r\n"), 400},
            {"no name", with(": y\r\n"), 400},
            {"no colon", with("nonsense\r\n"), 400},
            {"a bare LF", with("X: y\nZ: a\r\n"), 400},
            {"a bare LF at the end", "GET / HTTP/1.1\r\nHost: lab\n\n", 400},
            {"a bare CR in a value", with("X: y\rZ: a\r\n"), 400},
            {"a CR before the CR LF", with("X: y\r\r\n"), 400},
            {"a bare CR before a name", "GET / HTTP/1.1\r\nHost: lab\r\n\rX: y\r\n\r\n", 400},
            {"a bell", with("X: \x07\r\n"), 400},
            {"a DEL", with("X: \x7f\r\n"), 400},
            {"a vertical tab", with("X: \x0b\r\n"), 400},
            {"a NUL", "GET / HTTP/1.1\r\nHost: lab\r\n" + with_nul("X: ", "y\r\n\r\n"), 400},
            {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
            {"two Hosts", with("Host: other\r\n"), 400},
            {"the same Host twice", with("Host: lab\r\n"), 400},
            {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
            {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
            {"Hosts in a list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
            {"Hosts in a tight list", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400},
            {"a Host with a user", "GET / HTTP/1.1\r\nHost: u@lab\r\n\r\n", 400},
            {"a Host with a path", "GET / HTTP/1.1\r\nHost: lab/x\r\n\r\n", 400},
            {"a Host with a scheme", "GET / HTTP/1.1\r\nHost: http://lab\r\n\r\n", 400},
            {"a Host with a bad port", "GET / HTTP/1.1\r\nHost: lab:8x\r\n\r\n", 400},
            {"a Host with too high a port", "GET / HTTP/1.1\r\nHost: lab:65536\r\n\r\n", 400},
            {"a Host with a zone", "GET / HTTP/1.1\r\nHost: [fe80::1%eth0]\r\n\r\n", 400},
            {"a Host with half a bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
            {"an absolute target and no Host", "GET http://lab/ HTTP/1.1\r\n\r\n", 400},
            {"an unknown expectation", with("Expect: 200-ok\r\n"), 417},
            {"two Content-Types", post("Content-Type: a/b\r\nContent-Type: c/d\r\n", ""), 400},
        },
        true);
}

BOOST_AUTO_TEST_CASE(content_lengths) {
  const auto length = [](const std::string& value) {
    return post("Content-Length: " + value + "\r\n", "hello");
  };
  check(
      *this,
      {
          {"empty", post("Content-Length:\r\n", ""), 400},
          {"a word", length("abc"), 400},
          {"a plus", length("+5"), 400},
          {"a minus", length("-5"), 400},
          {"minus zero", length("-0"), 400},
          {"hexadecimal", length("0x5"), 400},
          {"octal", length("0o5"), 400},
          {"a fraction", length("5.0"), 400},
          {"an underscore", length("1_0"), 400},
          {"a space inside", length("1 0"), 400},
          {"zeros in front", length("0005"), 400},
          {"two zeros", length("00"), 400},
          {"2^64", length("18446744073709551616"), 400},
          {"twenty-seven digits", length("123456789012345678901234567"), 400},
          {"a list", length("5, 5"), 400},
          {"a contradicting list", length("5, 6"), 400},
          {"twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
          {"twice and different", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400},
          {"2^64 - 1", length("18446744073709551615"), 413},
          {"one byte too much", length(std::to_string(http::body_bytes_max + 1)), 413},
          {"with chunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
           400},
          {"after chunked",
           post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
      },
      true);
}

BOOST_AUTO_TEST_CASE(transfer_encodings) {
  const auto coding = [](const std::string& value) {
    return post("Transfer-Encoding: " + value + "\r\n", "0\r\n\r\n");
  };
  check(
      *this,
      {
          {"unknown", coding("gzip"), 501},
          {"almost known", coding("xchunked"), 501},
          {"identity", coding("identity"), 501},
          {"two codings", coding("gzip, chunked"), 501},
          {"empty", post("Transfer-Encoding:\r\n", ""), 400},
          {"chunked not last", coding("chunked, gzip"), 400},
          {"chunked twice", coding("chunked, chunked"), 400},
          {"chunked on two lines",
           post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
          {"chunked and identity",
           post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), 400},
          {"a comma in front", coding(", chunked"), 400},
          {"a comma behind", coding("chunked,"), 400},
          {"a parameter", coding("chunked;a=b"), 400},
          {"in quotes", coding("\"chunked\""), 400},
          {"a vertical tab",
           coding("\x0b"
                  "chunked"),
           400},
          {"a NUL", post(with_nul("Transfer-Encoding: chunked", "\r\n"), ""), 400},
          {"in HTTP/1.0", "POST /request HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           400},
      },
      true);
}

BOOST_AUTO_TEST_CASE(chunks) {
  check(*this,
        {
            {"hexadecimal by prefix", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
            {"a prefix and no end", chunked("0x5\r\n"), 400},
            {"an underscore", chunked("1_0\r\n"), 400},
            {"a space in front", chunked(" 5\r\nhello\r\n"), 400},
            {"a space behind", chunked("5 \r\nhello\r\n"), 400},
            {"a minus", chunked("-1\r\n"), 400},
            {"a plus", chunked("+0\r\n\r\n"), 400},
            {"no size", chunked("\r\n"), 400},
            {"a word", chunked("xyz\r\n"), 400},
            {"an extension alone", chunked(";a\r\n"), 400},
            {"a bare semicolon", chunked("5;\r\nhello\r\n0\r\n\r\n"), 400},
            {"an extension that is no token", chunked("5;a[=b\r\nhello\r\n0\r\n\r\n"), 400},
            {"a NUL in an extension", chunked(with_nul("5;a=", "\r\nhello\r\n0\r\n\r\n")), 400},
            {"a NUL in a quoted extension", chunked(with_nul("5;a=\"", "\"\r\nhello\r\n0\r\n\r\n")),
             400},
            {"a CR in an extension", chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), 400},
            {"a LF in an extension", chunked("5;a\nb\r\nhello\r\n0\r\n\r\n"), 400},
            {"a bare LF after the size", chunked("5\nhello\r\n0\r\n\r\n"), 400},
            {"a bare CR after the size", chunked("5\rhello\r\n0\r\n\r\n"), 400},
            {"a bare LF after the data", chunked("5\r\nhello\n0\r\n\r\n"), 400},
            {"no CR LF after the data", chunked("5\r\nhello0\r\n\r\n"), 400},
            {"more data than said", chunked("5\r\nhello!!\r\n0\r\n\r\n"), 400},
            {"a bare LF after the last chunk", chunked("0\n\n"), 400},
            {"a bare LF in the trailers", chunked("0\r\nA: b\n\r\n"), 400},
            {"a folded trailer", chunked("0\r\nA: b\r\n c\r\n\r\n"), 400},
            {"a trailer without colon", chunked("0\r\nnonsense\r\n\r\n"), 400},
            {"Content-Length as trailer", chunked("0\r\nContent-Length: 5\r\n\r\n"), 400},
            {"Transfer-Encoding as trailer", chunked("0\r\nTransfer-Encoding: x, chunked\r\n\r\n"),
             400},
            {"seventeen digits", chunked("10000000000000000\r\n"), 400},
            {"2^64 - 1", chunked("ffffffffffffffff\r\n"), 413},
            {"one byte too much", chunked("100001\r\n"), 413},
            {"too long an extension", chunked("5;" + std::string(100'000, 'a')), 400},
            {"too long a size", chunked(std::string(1'000, '0')), 400},
            {"too long a trailer", chunked("0\r\nA: " + std::string(100'000, 'a')), 431},
            {"too many trailers",
             [] {
               std::string body = "0\r\n";
               for (int i = 0; i < 10'000; ++i) body += "A: b\r\n";
               return chunked(body);
             }(),
             431},
        },
        true);
}

BOOST_AUTO_TEST_CASE(what_is_merely_unusual_is_served) {
  check(*this,
        {
            {"tabs around a value", "GET / HTTP/1.1\r\nhoSt:\tlab\t \r\nempty:\r\n\r\n", 200},
            {"bytes beyond ASCII in a value", with("X: caf\xc3\xa9\r\n"), 200},
            {"an IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:83\r\n\r\n", 200},
            {"a Host with an empty port", "GET / HTTP/1.1\r\nHost: lab:\r\n\r\n", 200},
            {"an absolute target", line("GET http://other:83/hello.txt?q HTTP/1.1"), 200},
            {"an absolute target without path", line("GET HTTP://lab HTTP/1.1"), 200},
            {"an absolute target with a query alone", line("GET http://lab?q HTTP/1.1"), 200},
            {"a body with GET", with("Content-Length: 5\r\n") + "hello", 200},
            {"Content-Length 0", post("Content-Length: 0\r\n", ""), 200},
            {"neither length nor coding", post("", ""), 200},
            {"chunked in capitals", post("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"), 200},
            {"a tab before chunked", post("Transfer-Encoding:\tchunked\r\n", "0\r\n\r\n"), 200},
            {"a space after chunked", post("Transfer-Encoding: chunked \r\n", "0\r\n\r\n"), 200},
            {"upper-case sizes", chunked("A\r\n0123456789\r\n0\r\n\r\n"), 200},
            {"white space before an extension", chunked("5 ;a = b\r\nhello\r\n0\r\n\r\n"), 200},
            {"a quoted extension", chunked("5;a=\"b;\\\"c\"\r\nhello\r\n0;x\r\n\r\n"), 200},
            {"a last chunk of many zeros", chunked("0000\r\n\r\n"), 200},
            {"underscores for dashes",
             post("Transfer_Encoding: chunked\r\nContent_Length: 7\r\n", ""), 200},
            {"four empty lines in front", "\r\n\r\n\r\n\r\n" + with(""), 200},
            {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 200},
            {"an Upgrade in HTTP/1.0", "GET / HTTP/1.0\r\nUpgrade: h2c\r\n\r\n", 200},
            {"an empty element in Connection", with("Connection: , keep-alive\r\n"), 200},
            {"an unknown Accept", with("Accept: application/x-nonsense\r\n"), 200},
            {"characters that browsers leave raw", line("GET /?a|b^{}` HTTP/1.1"), 200},
            {"OPTIONS *", line("OPTIONS * HTTP/1.1"), 200},
            {"OPTIONS of a server", line("OPTIONS http://lab HTTP/1.1"), 200},
            {"a lower-case method", line("get / HTTP/1.1"), 501},
            {"TRACE", line("TRACE / HTTP/1.1"), 405},
        },
        false);
}

BOOST_AUTO_TEST_CASE(limits_hold_to_the_byte) {
  const auto target = [](std::size_t line_bytes) {
    const std::string around = "GET / HTTP/1.1";
    return line("GET /" + std::string(line_bytes - around.size(), 'a') + " HTTP/1.1");
  };
  const auto fields = [](std::size_t bytes) {
    const std::string host = "Host: lab\r\n";
    return "GET / HTTP/1.1\r\n" + host + "X: " + std::string(bytes - host.size() - 5, 'a') +
           "\r\n\r\n";
  };
  const auto lines = [](std::size_t count) {
    std::string text = "GET / HTTP/1.1\r\nHost: lab\r\n";
    for (std::size_t i = 1; i < count; ++i) text += "X: y\r\n";
    return text + "\r\n";
  };
  const auto body = [](std::size_t bytes) {
    return post("Content-Length: " + std::to_string(bytes) + "\r\n", std::string(bytes, 'x'));
  };
  const auto two_chunks = [](std::size_t bytes) {
    return chunked("80000\r\n" + std::string(0x80000, 'x') + "\r\n" +
                   [&] {
                     char size[17];
                     std::snprintf(size, sizeof size, "%zx", bytes - 0x80000);
                     return std::string(size);
                   }() +
                   "\r\n" + std::string(bytes - 0x80000, 'x') + "\r\n0\r\n\r\n");
  };
  const auto chunk_line = [](std::size_t bytes) {
    return chunked("5;" + std::string(bytes - 2, 'a') + "\r\nhello\r\n0\r\n\r\n");
  };
  const auto trailers = [](std::size_t bytes) {
    return chunked("0\r\nA: " + std::string(bytes - 5, 'a') + "\r\n\r\n");
  };
  const auto method = [](std::size_t bytes) {
    return line(std::string(bytes, 'A') + " /request HTTP/1.1");
  };
  using namespace http;
  check(*this,
        {
            {"line - 1", target(request_line_bytes_max - 1), 404},
            {"line", target(request_line_bytes_max), 404},
            {"line + 1", target(request_line_bytes_max + 1), 414},
            {"line, far too long", target(200'000), 414},
            {"line, without an end", "GET /" + std::string(20'000, 'a'), 414},
            {"fields - 1", fields(fields_bytes_max - 1), 200},
            {"fields", fields(fields_bytes_max), 200},
            {"fields + 1", fields(fields_bytes_max + 1), 431},
            {"fields, far too long", fields(200'000), 431},
            {"fields, without an end", "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a'), 431},
            {"lines - 1", lines(fields_max - 1), 200},
            {"lines", lines(fields_max), 200},
            {"lines + 1", lines(fields_max + 1), 431},
            {"lines of one name", with([] {
               std::string text;
               for (std::size_t i = 1; i < fields_max; ++i) text += "Accept: a/b\r\n";
               return text;
             }()),
             200},
            {"lines of one name + 1", with([] {
               std::string text;
               for (std::size_t i = 0; i < fields_max; ++i) text += "Accept: a/b\r\n";
               return text;
             }()),
             431},
            {"method - 1", method(method_bytes_max - 1), 200},
            {"method", method(method_bytes_max), 200},
            {"method + 1", method(method_bytes_max + 1), 501},
            {"method, without an end", std::string(method_bytes_max + 1, 'A'), 501},
            {"body - 1", body(body_bytes_max - 1), 200},
            {"body", body(body_bytes_max), 200},
            {"body + 1", body(body_bytes_max + 1), 413},
            {"chunks - 1", two_chunks(body_bytes_max - 1), 200},
            {"chunks", two_chunks(body_bytes_max), 200},
            {"chunks + 1", two_chunks(body_bytes_max + 1), 413},
            {"a chunk's line - 1", chunk_line(chunk_line_bytes_max - 1), 200},
            {"a chunk's line", chunk_line(chunk_line_bytes_max), 200},
            {"a chunk's line + 1", chunk_line(chunk_line_bytes_max + 1), 400},
            {"trailers - 1", trailers(trailer_bytes_max - 1), 200},
            {"trailers", trailers(trailer_bytes_max), 200},
            {"trailers + 1", trailers(trailer_bytes_max + 1), 431},
            {"chunks of one byte", chunked([] {
               std::string text;
               for (int i = 0; i < 400'000; ++i) text += "1\r\nx\r\n";
               return text;
             }()),
             413},
        },
        false);
}

BOOST_AUTO_TEST_CASE(nothing_behind_a_refused_request_is_answered) {
  for (const std::string& refused :
       {post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post("Content-Length: 5\r\nContent-Length: 0\r\n", ""), with("Host: b\r\n"),
        chunked("+0\r\n\r\n"), post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")}) {
    TestClient asking = client();
    asking.send(refused + "GET /hello.txt HTTP/1.1\r\nHost: lab\r\n\r\n");
    const auto all = asking.receive_all();
    BOOST_TEST(all.starts_with("HTTP/1.1 400 "), all);
    BOOST_TEST(all.find("hello, world") == std::string::npos, all);
    BOOST_TEST(all.find("HTTP/1.1", 1) == std::string::npos, all);
  }
}

BOOST_AUTO_TEST_CASE(an_unfinished_request_is_not_answered) {
  const std::string whole = "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    TestClient asking = client();
    asking.send(whole.substr(0, cut));
    // The session's counter says that the part has arrived and was looked at.
    BOOST_REQUIRE(core.eventually(
        [&](const auto& rows) { return !rows.empty() && rows.back().bytes_in == cut; }));
    BOOST_TEST(asking.nothing_arrived());
    asking.send(whole.substr(cut));
    BOOST_TEST(read(asking).body == "hello, world\n");
  }
}

BOOST_AUTO_TEST_CASE(too_slow_a_request_is_408) {
  TestClient head = client();
  head.send("GET / HTTP/1.1\r\nHost: la");
  const auto response = [&] {
    for (;;) try {
        return read(head);
      } catch (const std::runtime_error&) {  // the test client's time-out is as long as the limit
      }
  }();
  BOOST_TEST(response.status == 408);
  BOOST_TEST(response.body.starts_with("408 Request Timeout\n"));
  BOOST_TEST(response.field("Connection") == "close");
  BOOST_TEST(response.field("Date") != "(none)");
  BOOST_TEST(head.is_closed_by_peer());
}

BOOST_AUTO_TEST_SUITE_END()
