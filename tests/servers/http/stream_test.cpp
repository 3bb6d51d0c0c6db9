// A response that is sent in parts, for longer than any deadline of a session.

#include <array>
#include <chrono>
#include <thread>

#include "tests/servers/http/http_test_server.hpp"

using namespace portlab;
using namespace std::chrono_literals;

namespace {

/// 7 parts with 1 s between them, then the end: 6 s, with an idle time-out of 2 s and a sweep of
/// deadlines each second.
Task<void> send_seven_parts(const http::Request&, http::ResponseWriter& response,
                            const http::RequestContext&) {
  http::Response head;
  head.fields = "Content-Type: text/plain\r\n";
  const bool has_body = co_await response.begin_stream(std::move(head));
  if (!has_body) co_return;
  for (int i = 0; i < 7; ++i) {
    if (i > 0) co_await response.pause(1s);
    const std::string part = "part " + std::to_string(i) + "\n";
    co_await response.write(part);
    co_await response.write("");  // must not end the stream
  }
  co_await response.end_stream();
}

/// A part every 4 s, for 36 s: longer than response_seconds_max.
Task<void> send_for_36_seconds(const http::Request&, http::ResponseWriter& response,
                               const http::RequestContext&) {
  static_assert(http::response_seconds_max < 32s);
  http::Response head;
  const bool has_body = co_await response.begin_stream(std::move(head));
  if (!has_body) co_return;
  for (int i = 0; i < 10; ++i) {
    if (i > 0) co_await response.pause(4s);
    co_await response.write("tick\n");
  }
  co_await response.end_stream();
}

/// Parts without end, and so fast that a peer that does not read blocks the server's writes.
Task<void> send_endlessly(const http::Request&, http::ResponseWriter& response,
                          const http::RequestContext&) {
  http::Response head;
  const bool has_body = co_await response.begin_stream(std::move(head));
  if (!has_body) co_return;
  const std::string part(100'000, 'x');
  for (;;) {
    co_await response.write(part);
    co_await response.pause(1ms);
  }
}

/// One part, then silence.
Task<void> send_and_wait(const http::Request&, http::ResponseWriter& response,
                         const http::RequestContext&) {
  http::Response head;
  const bool has_body = co_await response.begin_stream(std::move(head));
  if (!has_body) co_return;
  co_await response.write("first\n");
  co_await response.pause(1h);
}

constexpr std::array<http::Route, 5> stream_routes = {{
    {"/seven", {"GET, HEAD"}, http::BodyKept::nothing, send_seven_parts},
    {"/long", {"GET"}, http::BodyKept::nothing, send_for_36_seconds},
    {"/endless", {"GET"}, http::BodyKept::nothing, send_endlessly},
    {"/silent", {"GET"}, http::BodyKept::nothing, send_and_wait},
    {"/below/*", {"GET"}, http::BodyKept::nothing, send_seven_parts},
}};

CoreOptions short_idle_timeout() {
  CoreOptions options;
  options.limits.idle_seconds = 2;
  return options;
}

struct StreamLab : Lab {
  StreamLab() : Lab(short_idle_timeout(), stream_routes) {}
};

constexpr std::string_view seven_parts = "part 0\npart 1\npart 2\npart 3\npart 4\npart 5\npart 6\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http_stream, StreamLab)

BOOST_AUTO_TEST_CASE(a_chunked_stream_outlives_the_idle_timeout_and_the_next_request_follows) {
  TestClient asking = client();
  const auto begin = std::chrono::steady_clock::now();
  asking.send("GET /seven HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = asking.receive_until("\r\n\r\n");
  BOOST_TEST(head.starts_with("HTTP/1.1 200 OK\r\n"), head);
  BOOST_TEST(head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos, head);
  BOOST_TEST(head.find("Content-Length") == std::string::npos, head);
  for (int i = 0; i < 7; ++i)
    BOOST_TEST(asking.receive_until("\n\r\n") == "7\r\npart " + std::to_string(i) + "\n\r\n");
  BOOST_TEST(asking.receive_until("\r\n\r\n") == "0\r\n\r\n");
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= 6s));
  asking.send("GET /absent HTTP/1.1\r\nHost: a\r\n\r\n");
  BOOST_TEST(read(asking).status == 404);
}

BOOST_AUTO_TEST_CASE(a_stream_outlives_the_deadline_of_a_response) {
  TestClient asking = client();
  asking.send("GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
  asking.receive_until("\r\n\r\n");
  for (int i = 0; i < 10; ++i) BOOST_TEST(asking.receive_until("\n\r\n") == "5\r\ntick\n\r\n");
  BOOST_TEST(asking.receive_until("\r\n\r\n") == "0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(http_1_0_gets_the_stream_until_the_connection_closes) {
  TestClient asking = client();
  asking.send("GET /below/this HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto head = asking.receive_until("\r\n\r\n");
  BOOST_TEST(head.find("\r\nConnection: close\r\n") != std::string::npos, head);
  BOOST_TEST(head.find("Transfer-Encoding") == std::string::npos, head);
  BOOST_TEST(asking.receive_exactly(seven_parts.size()) == seven_parts);
  BOOST_TEST(asking.is_closed_by_peer());
}

BOOST_AUTO_TEST_CASE(head_gets_the_head_of_a_stream_alone) {
  TestClient asking = client();
  asking.send("HEAD /seven HTTP/1.1\r\nHost: a\r\n\r\nGET /absent HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = read(asking, true);
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.field("Transfer-Encoding") == "chunked");
  BOOST_TEST(read(asking).status == 404);
}

BOOST_AUTO_TEST_CASE(a_peer_that_disconnects_ends_its_stream) {
  for (const auto* path : {"/seven", "/endless"}) {
    TestClient asking = client();
    asking.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    asking.receive_until("\r\n\r\n");
    BOOST_TEST(core.sessions().size() == 1U);
    asking.close();
    BOOST_TEST(core.eventually([](const auto& rows) { return rows.empty(); }), path);
  }
}

BOOST_AUTO_TEST_CASE(a_stop_ends_a_silent_stream_at_once) {
  TestClient asking = client();
  asking.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n");
  asking.receive_until("first\n\r\n");
  core.stop(1h);  // returns: the grace is for sessions whose response has an end
  BOOST_TEST(asking.is_closed_by_peer());
}

BOOST_AUTO_TEST_CASE(the_table_answers_for_the_routes_of_a_stream) {
  BOOST_TEST(ask("POST /seven HTTP/1.1\r\nHost: a\r\n\r\n").field("Allow") == "GET, HEAD");
  BOOST_TEST(ask("OPTIONS /below/x HTTP/1.1\r\nHost: a\r\n\r\n").field("Allow") == "GET");
  BOOST_TEST(get("/hello.txt").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()
