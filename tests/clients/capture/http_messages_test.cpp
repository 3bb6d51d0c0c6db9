#include "clients/capture/http_messages.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace portlab;

namespace {

constexpr bool client = true;
constexpr bool server = false;

std::string read(HttpMessages& messages, bool from_client, std::string_view text) {
  return messages.read(from_client, as_bytes(text));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_request_and_its_response_are_named_by_their_first_lines) {
  HttpMessages messages;
  BOOST_TEST(read(messages, client, "GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n") ==
             "GET /hello.txt");
  BOOST_TEST(read(messages, server, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") ==
             "200 OK, 5 bytes");
  BOOST_TEST(read(messages, server, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") ==
             "404 Not Found");
}

BOOST_AUTO_TEST_CASE(a_head_may_come_byte_by_byte) {
  HttpMessages messages;
  std::string last;
  for (const char c : std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
    last = read(messages, client, std::string(1, c));
  BOOST_TEST(last == "GET /");
}

BOOST_AUTO_TEST_CASE(a_body_is_no_new_message) {
  HttpMessages messages;
  read(messages, client, "GET / HTTP/1.1\r\n\r\n");
  BOOST_TEST(read(messages, server, "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n") ==
             "200 OK, 40 bytes");
  BOOST_TEST(read(messages, server, "HTTP/1.1 500 is in the body") == "more of the body");
}

BOOST_AUTO_TEST_CASE(a_chunked_body_ends_although_its_end_is_cut) {
  HttpMessages messages;
  read(messages, server, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r");
  BOOST_TEST(read(messages, server, "\n\r\nHTTP/1.1 204 No Content\r\n\r\n") == "204 No Content");
}

BOOST_AUTO_TEST_CASE(the_response_to_head_has_no_body) {
  HttpMessages messages;
  read(messages, client, "HEAD / HTTP/1.1\r\n\r\n");
  read(messages, server, "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n");
  BOOST_TEST(read(messages, server, "HTTP/1.1 304 Not Modified\r\n\r\n") == "304 Not Modified");
}

BOOST_AUTO_TEST_CASE(several_messages_in_one_segment_are_counted) {
  HttpMessages messages;
  const std::string request = "GET /a HTTP/1.1\r\n\r\n";
  BOOST_TEST(read(messages, client, request + request + request) == "GET /a and 2 more");
}

BOOST_AUTO_TEST_CASE(what_is_no_http_is_not_given_a_name) {
  HttpMessages messages;
  BOOST_TEST(read(messages, client, "nonsense\r\n\r\n") == "");
  BOOST_TEST(read(messages, client, "GET / HTTP/1.1\r\n\r\n") == "");
}
