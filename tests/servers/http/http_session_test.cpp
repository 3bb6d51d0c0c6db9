#include "tests/servers/http/http_test_server.hpp"

using namespace portlab;

BOOST_FIXTURE_TEST_SUITE(http_session, Lab)

BOOST_AUTO_TEST_CASE(a_file_is_served_with_all_its_fields) {
  const auto response = get("/hello.txt");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.head.starts_with("HTTP/1.1 200 OK\r\n"));
  BOOST_TEST(response.body == "hello, world\n");
  BOOST_TEST(response.field("Content-Type") == "text/plain; charset=utf-8");
  BOOST_TEST(response.field("Content-Length") == "13");
  BOOST_TEST(response.field("Accept-Ranges") == "bytes");
  BOOST_TEST(response.field("X-Content-Type-Options") == "nosniff");
  BOOST_TEST(response.field("Server") == "Portlab");
  BOOST_TEST(response.field("Date").ends_with(" GMT"));
  BOOST_TEST(response.field("Last-Modified").ends_with(" GMT"));
  BOOST_TEST(response.field("ETag").starts_with("\""));
  BOOST_TEST(response.field("Connection") == "(none)");
}

BOOST_AUTO_TEST_CASE(a_large_file_comes_whole_from_the_disk) {
  const auto response = get("/large.bin");
  BOOST_TEST(response.status == 200);
  BOOST_REQUIRE(response.body.size() == std::size_t{1} << 20);
  BOOST_TEST(response.body.starts_with("0\n1\n2\n"));
  BOOST_TEST(response.field("Content-Type") == "application/octet-stream");
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_served_too) {
  const auto response = get("/empty.txt");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.field("Content-Length") == "0");
  BOOST_TEST(get("/empty.txt", "Range: bytes=0-\r\n").status == 200);
}

BOOST_AUTO_TEST_CASE(head_brings_the_fields_of_get_and_no_body) {
  for (const auto* path : {"/hello.txt", "/large.bin", "/", "/docs/", "/whoami", "/absent",
                           "/api/sessions", "/api/listeners"}) {
    TestClient asking = client();
    const std::string rest = std::string(" ") + path + " HTTP/1.1\r\nHost: lab.test\r\n\r\n";
    asking.send("HEAD" + rest + "GET" + rest + "GET /hello.txt HTTP/1.1\r\nHost: lab.test\r\n\r\n");
    const auto head = read(asking, true);
    const auto get = read(asking);
    BOOST_TEST(head.status == get.status, path);
    for (const auto* field : {"Content-Type", "ETag", "Last-Modified"})
      BOOST_TEST(head.field(field) == get.field(field), path);
    if (std::string_view(path) != "/api/sessions" && std::string_view(path) != "/api/listeners")
      BOOST_TEST(head.field("Content-Length") == get.field("Content-Length"), path);
    BOOST_TEST(read(asking).body == "hello, world\n");
  }
}

BOOST_AUTO_TEST_CASE(an_error_response_to_head_has_no_body) {
  for (const auto* request : {"HEAD / HTTP/1.1\r\n\r\n", "\r\nHEAD / HTTP/2.0\r\n",
                              "HEAD /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
                              "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: @\r\n\r\n",
                              "HEAD / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n"}) {
    TestClient asking = client();
    asking.send(request);
    const auto all = asking.receive_all();
    BOOST_TEST(all.ends_with("\r\n\r\n"), all);
  }
}

BOOST_AUTO_TEST_CASE(a_request_may_come_in_one_byte_pieces) {
  TestClient asking = client();
  asking.send_in_pieces("\r\nGET /hello.txt HTTP/1.1\r\nHost: lab\r\nX: y\r\n\r\n");
  BOOST_TEST(read(asking).body == "hello, world\n");
  asking.send_in_pieces(
      "POST /request HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nT: v\r\n\r\n");
  BOOST_TEST(read(asking).body.ends_with("\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nT: v\r\n\r\n"));
  asking.send_in_pieces(
      "POST /request HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  BOOST_TEST(read(asking).status == 200);
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
  TestClient asking = client();
  std::string requests;
  for (int i = 0; i < 500; ++i)
    requests += (i % 3 == 0   ? "GET /hello.txt HTTP/1.1\r\nHost: lab\r\n\r\n"
                 : i % 3 == 1 ? "GET /docs/a.txt HTTP/1.1\r\nHost: lab\r\n\r\n"
                              : "POST /hello.txt HTTP/1.1\r\nHost: lab\r\nContent-Length: "
                                "3\r\n\r\nabc");
  asking.send(requests);
  for (int i = 0; i < 500; ++i) {
    const auto response = read(asking);
    if (i % 3 == 0) BOOST_REQUIRE(response.body == "hello, world\n");
    if (i % 3 == 1) BOOST_REQUIRE(response.body == "aaa\n");
    if (i % 3 == 2) BOOST_REQUIRE(response.status == 405);
  }
}

BOOST_AUTO_TEST_CASE(a_large_file_between_pipelined_small_ones_keeps_its_place) {
  TestClient asking = client();
  const std::string small = "GET /hello.txt HTTP/1.1\r\nHost: lab\r\n\r\n";
  asking.send(small + "GET /large.bin HTTP/1.1\r\nHost: lab\r\n\r\n" + small);
  BOOST_TEST(read(asking).body == "hello, world\n");
  BOOST_TEST(read(asking).body.size() == std::size_t{1} << 20);
  BOOST_TEST(read(asking).body == "hello, world\n");
}

BOOST_AUTO_TEST_CASE(connections_persist_as_section_9_3_of_rfc_9112_says) {
  struct Row {
    const char* request;
    bool stays;
    const char* connection;
  };
  const Row rows[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, "(none)"},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false, "close"},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, ClOsE\r\n\r\n", false, "close"},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close\r\n\r\n", false, "close"},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n", false, "close"},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", true,
       "(none)"},
      {"GET / HTTP/1.0\r\n\r\n", false, "close"},
      {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", false, "close"},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, "keep-alive"},
      {"GET /absent HTTP/1.1\r\nHost: a\r\n\r\n", true, "(none)"},
      {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", true, "(none)"},
      {"GET / HTTP/1.1\r\n\r\n", false, "close"},
  };
  for (const auto& row : rows) {
    TestClient asking = client();
    asking.send(row.request);
    const auto first = read(asking);
    BOOST_TEST(first.field("Connection") == row.connection, row.request);
    if (row.stays) {
      asking.send("GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n");
      BOOST_TEST(read(asking).body == "hello, world\n", row.request);
    } else {
      BOOST_TEST(asking.is_closed_by_peer(), row.request);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_closes_its_half_still_gets_its_answers) {
  TestClient asking = client();
  asking.send("GET /hello.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  asking.finish();
  const auto all = asking.receive_all();
  BOOST_TEST(all.ends_with("hello, world\n"), all);
}

BOOST_AUTO_TEST_CASE(an_answer_to_http_1_0_says_http_1_1_and_never_100) {
  const auto response =
      ask("POST /request HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi");
  BOOST_TEST(response.head.starts_with("HTTP/1.1 200 OK\r\n"), response.head);
  BOOST_TEST(response.body.ends_with("\r\n\r\nhi"));
}

BOOST_AUTO_TEST_CASE(a_client_that_expects_100_continue_gets_it_before_its_body) {
  TestClient asking = client();
  asking.send(
      "POST /request HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  BOOST_TEST(asking.receive_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  asking.send("hello");
  BOOST_TEST(read(asking).body.ends_with("\r\n\r\nhello"));
}

BOOST_AUTO_TEST_CASE(no_100_before_an_error_or_after_the_body) {
  TestClient refused = client();
  refused.send(
      "PUT /hello.txt HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  const auto error = read(refused);
  BOOST_TEST(error.status == 405);
  BOOST_TEST(error.field("Connection") == "close");
  BOOST_TEST(refused.is_closed_by_peer());

  const auto with_body =
      ask("POST /request HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
          "5\r\n\r\nhello");
  BOOST_TEST(with_body.status == 200);
  BOOST_TEST(ask("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").status == 200);
  BOOST_TEST(ask("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n").status == 417);
  BOOST_TEST(ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
                 "1048577\r\n\r\n")
                 .status == 413);
}

BOOST_AUTO_TEST_CASE(a_body_is_read_even_where_the_answer_is_an_error) {
  for (const std::string& body :
       {std::string("Content-Length: 36\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\nx"),
        std::string("Transfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\nA;x=\"y\"\r\n0123456789\r\n"
                    "0\r\nTrailer: z\r\n\r\n"),
        std::string("Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n"),
        std::string("Transfer-Encoding: chunked\r\n\r\n000a\r\n0123456789\r\n00\r\n\r\n")}) {
    for (const auto* request : {"POST /hello.txt", "POST /absent", "DELETE /docs/", "BREW /x"}) {
      TestClient asking = client();
      asking.send(std::string(request) + " HTTP/1.1\r\nHost: a\r\n" + body +
                  "GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n");
      BOOST_TEST(read(asking).status >= 400);
      BOOST_TEST(read(asking).body == "hello, world\n", asking.dialogue());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_ends_early_is_400) {
  for (const auto* request :
       {"POST /request HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello",
        "POST /request HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    TestClient asking = client();
    asking.send(request);
    asking.finish();
    BOOST_TEST(read(asking).status == 400);
    BOOST_TEST(asking.is_closed_by_peer());
  }
}

BOOST_AUTO_TEST_CASE(the_row_says_what_was_asked_and_answered) {
  TestClient asking = client();
  asking.send("GET /hello.txt?x HTTP/1.1\r\nHost: a\r\n\r\n");
  read(asking);
  BOOST_TEST(core.eventually(
      [](const auto& rows) { return rows.size() == 1 && rows[0].note == "GET /hello.txt?x 200"; }));
}

BOOST_AUTO_TEST_CASE(bodies_of_all_sessions_together_have_a_ceiling) {
  CoreOptions options;
  options.limits.kept_bytes_max = 80'000;
  Lab small(options);
  const std::string head = "POST /request HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n";
  const std::string half(30'000, 'x');
  TestClient first = small.client();
  first.send(head + half);
  BOOST_TEST(small.core.eventually(
      [](const auto& rows) { return rows.size() == 1 && rows[0].bytes_in > 30'000; }));
  TestClient second = small.client();
  second.send(head + half + half);
  const auto error = read(second);
  BOOST_TEST(error.status == 503);
  BOOST_TEST(error.field("Connection") == "close");
  first.send(half);
  BOOST_TEST(read(first).status == 200);
  TestClient third = small.client();  // the memory of the first request is free again
  third.send(head + half + half);
  BOOST_TEST(read(third).status == 200);
}

BOOST_AUTO_TEST_CASE(a_body_counts_with_the_memory_that_it_occupies) {
  CoreOptions options;
  options.limits.kept_bytes_max = 80'000;
  Lab small(options);
  const std::string head = "POST /request HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n";
  TestClient first = small.client();
  const auto send_first = [&](std::size_t bytes, std::size_t bytes_so_far) {
    first.send(std::string(bytes, 'x'));
    BOOST_TEST(small.core.eventually(
        [&](const auto& rows) { return rows.size() == 1 && rows[0].bytes_in == bytes_so_far; }));
  };
  first.send(head);
  send_first(30'000, head.size() + 30'000);
  send_first(11'000, head.size() + 41'000);  // the string doubles: 60'000 bytes
  TestClient second = small.client();
  second.send(head + std::string(30'000, 'x'));
  BOOST_TEST(read(second).status == 503);
}

BOOST_AUTO_TEST_CASE(beyond_the_limit_of_sessions_http_answers_503) {
  CoreOptions options;
  options.limits.sessions_max = 1;
  Lab small(options);
  TestClient first = small.client();
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  read(first);
  TestClient second = small.client();
  const auto error = read(second);
  BOOST_TEST(error.status == 503);
  BOOST_TEST(error.field("Retry-After") == "5");
  BOOST_TEST(error.field("Connection") == "close");
  BOOST_TEST(second.is_closed_by_peer());
}

BOOST_AUTO_TEST_CASE(a_stop_lets_a_transfer_finish) {
  TestClient asking = client();
  asking.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = asking.receive_until("\r\n\r\n");
  std::thread stopper([this] { core.stop(std::chrono::seconds(5)); });
  const auto body = asking.receive_exactly(std::size_t{1} << 20);
  BOOST_TEST(body.starts_with("0\n1\n"));
  asking.close();
  stopper.join();
}

BOOST_AUTO_TEST_SUITE_END()
