// What is found where, and what conditions and ranges make of it, over real sockets.

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/parse.hpp>

#include "tests/servers/http/http_test_server.hpp"

using namespace portlab;

BOOST_FIXTURE_TEST_SUITE(http_resources, Lab)

BOOST_AUTO_TEST_CASE(a_folder_is_its_index_or_a_list) {
  BOOST_TEST(get("/").body == "<!doctype html><title>home</title>\n");
  BOOST_TEST(get("/").field("Content-Type") == "text/html; charset=utf-8");
  const auto list = get("/docs/");
  BOOST_TEST(list.status == 200);
  BOOST_TEST(list.field("Content-Type") == "text/html; charset=utf-8");
  BOOST_TEST(list.field("Content-Security-Policy").starts_with("default-src 'none'"));
  BOOST_TEST(list.body.find("href=\"./a.txt\"") != std::string::npos, list.body);
  BOOST_TEST(list.body.find("href=\"./deep/\"") != std::string::npos, list.body);
  BOOST_TEST(list.body.find("4 bytes") != std::string::npos, list.body);
}

BOOST_AUTO_TEST_CASE(a_folder_without_slash_is_redirected_within_this_server) {
  const auto plain = get("/docs");
  BOOST_TEST(plain.status == 301);
  BOOST_TEST(plain.field("Location") == "/docs/");
  BOOST_TEST(get("/docs/deep?a=b").field("Location") == "/docs/deep/?a=b");
  BOOST_TEST(get("//docs").field("Location") == "/docs/");
  BOOST_TEST(get("//evil.example/..//docs").field("Location") == "/docs/");
  std::filesystem::create_directories(root / "a b<\"");
  BOOST_TEST(get("/a%20b%3c%22").field("Location") == "/a%20b%3C%22/");
}

BOOST_AUTO_TEST_CASE(strange_names_are_harmless_in_lists_and_found_again) {
  std::filesystem::create_directories(root / "odd");
  for (const auto* name : {"<b>&\"'.txt", "javascript:alert(1)", "a%20b", "caf\xc3\xa9", "?q#f"})
    write(std::string("odd/") + name, name);
  const auto list = get("/odd/").body;
  BOOST_TEST(list.find("<b>") == std::string::npos, list);
  BOOST_TEST(list.find("&lt;b&gt;&amp;&quot;&#39;.txt") != std::string::npos, list);
  BOOST_TEST(list.find("\"javascript:") == std::string::npos, list);
  std::size_t at = 0, links = 0;
  while ((at = list.find("href=\"./", at)) != std::string::npos) {
    at += 8;
    const auto link = list.substr(at, list.find('"', at) - at);
    BOOST_TEST(get("/odd/" + link).status == 200, link);
    ++links;
  }
  BOOST_TEST(links == 5U);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_404_and_what_leads_out_is_403) {
  std::ofstream(root.string() + "-secret") << "secret";
  std::filesystem::create_symlink("../" + root.filename().string() + "-secret", root / "out");
  BOOST_REQUIRE(::mkfifo((root / "pipe").c_str(), 0600) == 0);
  write(".hidden", "x");
  for (const auto* path : {"/absent", "/hello.txt/", "/hello.txt/more", "/.hidden", "/docs/absent/",
                           "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                           "/docs/..%2f..%2fetc/passwd", "/docs/%252e%252e/x", "/\\..\\x"})
    BOOST_TEST(get(path).status == 404, path);
  for (const auto* path : {"/out", "/pipe"}) BOOST_TEST(get(path).status == 403, path);
  for (const auto* path : {"/docs/../hello.txt", "/./hello.txt", "/%68ello.txt", "//hello.txt",
                           "/../hello.txt", "/hello.txt?../x", "/docs%2f..%2fhello.txt"})
    BOOST_TEST(get(path).body == "hello, world\n", path);
  std::filesystem::remove(root.string() + "-secret");
}

BOOST_AUTO_TEST_CASE(a_shortage_of_descriptors_is_503_and_passes) {
  TestClient asking = client();
  asking.send("GET /docs/a.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  read(asking);
  rlimit before = {};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int next = ::dup(0);
  ::close(next);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next);
  ::setrlimit(RLIMIT_NOFILE, &none);
  asking.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto error = read(asking);
  ::setrlimit(RLIMIT_NOFILE, &before);
  BOOST_TEST(error.status == 503);
  BOOST_TEST(error.field("Retry-After") == "1");
  asking.send("GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  BOOST_TEST(read(asking).status == 200);
}

BOOST_AUTO_TEST_CASE(methods_are_allowed_where_they_mean_something) {
  struct Row {
    const char* request;
    int status;
    const char* allow;
  };
  const auto* reading = "GET, HEAD, OPTIONS";
  const auto* posting = "GET, HEAD, OPTIONS, POST";
  const auto* any = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE";
  const Row rows[] = {
      {"OPTIONS /hello.txt", 200, reading},
      {"OPTIONS /docs/", 200, reading},
      {"OPTIONS /request", 200, any},
      {"OPTIONS *", 200, any},
      {"OPTIONS /absent", 404, "(none)"},
      {"POST /hello.txt", 405, reading},
      {"PUT /", 405, posting},
      {"POST /", 200, "(none)"},
      {"DELETE /docs/a.txt", 405, reading},
      {"PATCH /whoami", 405, reading},
      {"TRACE /", 405, posting},
      {"TRACE /request", 405, any},
      {"TRACE /absent", 405, reading},
      {"POST /absent", 404, "(none)"},
      {"BREW /", 501, "(none)"},
      {"get /", 501, "(none)"},
      {"PUT /request", 200, "(none)"},
      {"BREW /request", 200, "(none)"},
  };
  for (const auto& row : rows) {
    const auto response = ask(std::string(row.request) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(response.status == row.status, row.request);
    BOOST_TEST(response.field("Allow") == row.allow, row.request);
  }
}

BOOST_AUTO_TEST_CASE(whoami_shows_both_endpoints_as_text_or_json) {
  TestClient asking = client();
  asking.send("GET /whoami HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto text = read(asking);
  BOOST_TEST(text.body ==
             "you  " + asking.local().to_string() + "\nme   " + server.to_string() + "\n");
  BOOST_TEST(text.field("Content-Type") == "text/plain; charset=utf-8");
  BOOST_TEST(text.field("Cache-Control") == "no-store");
  BOOST_TEST(text.field("Vary") == "Accept");

  asking.send(
      "GET /whoami HTTP/1.1\r\nHost: a\r\nAccept: text/html, Application/JSON;q=0.9\r\n\r\n");
  const auto json = read(asking);
  BOOST_TEST(json.field("Content-Type") == "application/json");
  const auto both = boost::json::parse(json.body);
  BOOST_TEST(both.at("you").at("port").to_number<int>() == asking.local().port);
  BOOST_TEST(both.at("me").at("port").to_number<int>() == server.port);
  BOOST_TEST(get("/./docs/../whoami").body.starts_with("you "));
  for (const auto* refused : {"q=0", "Q=0", "v=\"q=1\"; q=0.0"})
    BOOST_TEST(get("/whoami", std::string("Accept: application/json;") + refused + "\r\n")
                   .body.starts_with("you "),
               refused);
  BOOST_TEST(get("/whoami", "Accept: */*\r\n").body.starts_with("you "));
}

BOOST_AUTO_TEST_CASE(request_shows_the_request_to_the_byte) {
  const std::string whole =
      "POST /request?a=%20 HTTP/1.1\r\nhOST: lab\r\nX-Odd:   <b>\t\r\nContent-Length: 9\r\n\r\n"
      "a=1&b=<i>";
  const auto response = ask(whole);
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.body == whole);
  BOOST_TEST(response.field("Content-Type") == "text/plain; charset=utf-8");
  BOOST_TEST(response.field("X-Content-Type-Options") == "nosniff");
  const std::string get_whole = "GET /request HTTP/1.1\r\nHost: a\r\n\r\n";
  BOOST_TEST(ask(get_whole).body == get_whole);
}

BOOST_AUTO_TEST_CASE(the_api_lists_listeners_and_sessions) {
  const auto listeners = get("/api/listeners");
  BOOST_TEST(listeners.field("Content-Type") == "application/json");
  const auto rows = boost::json::parse(listeners.body).as_array();
  BOOST_REQUIRE(rows.size() == 1U);
  BOOST_TEST((listener_from_json(rows[0])->endpoint == server));

  TestClient asking = client();
  const std::string small = "GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n";
  asking.send(small + "GET /api/sessions HTTP/1.1\r\nHost: lab.test\r\n\r\n" + small);
  BOOST_TEST(read(asking).body == "hello, world\n");
  const auto sessions = boost::json::parse(read(asking).body).as_array();
  BOOST_TEST(read(asking).body == "hello, world\n");
  bool found = false;
  for (const auto& row : sessions)
    found = found || session_from_json(row)->remote == asking.local();
  BOOST_TEST(found);
  BOOST_TEST(
      ask("GET /api/sessions HTTP/1.1\r\nHost: lab.test\r\nContent-Length: 1\r\n\r\nx").status ==
      200);
}

BOOST_AUTO_TEST_CASE(conditions_are_evaluated_in_the_order_of_rfc_9110) {
  const auto first = get("/hello.txt");
  const auto etag = first.field("ETag");
  const auto date = first.field("Last-Modified");
  const std::string old = "Sun, 06 Nov 1994 08:49:37 GMT";
  const std::string future = "Fri, 06 Nov 2093 08:49:37 GMT";
  struct Row {
    std::string fields;
    int status;
  };
  const Row rows[] = {
      {"If-None-Match: " + etag, 304},
      {"If-None-Match: W/" + etag, 304},
      {"If-None-Match: \"x\", W/\"a,b\", " + etag, 304},
      {"If-None-Match: \"x\"\r\nIf-None-Match: " + etag, 304},
      {"If-None-Match: *", 304},
      {"If-None-Match: \"x\"", 200},
      {"If-None-Match: x", 200},
      {"If-None-Match: " + etag.substr(1, etag.size() - 2), 200},
      {"If-None-Match: \"x\"\r\nIf-Modified-Since: " + date, 200},
      {"If-None-Match: " + etag + "\r\nIf-Modified-Since: " + old, 304},
      {"If-Modified-Since: " + date, 304},
      {"If-Modified-Since: " + old, 200},
      {"If-Modified-Since: " + future, 200},
      {"If-Modified-Since: yesterday", 200},
      {"If-Modified-Since: " + date + "\r\nIf-Modified-Since: " + date, 200},
      {"If-Match: " + etag, 200},
      {"If-Match: *", 200},
      {"If-Match: \"x\", " + etag, 200},
      {"If-Match: \"x\"", 412},
      {"If-Match: W/" + etag, 412},
      {"If-Match: \"x\"\r\nIf-None-Match: " + etag, 412},
      {"If-Match: " + etag + "\r\nIf-None-Match: " + etag, 304},
      {"If-Unmodified-Since: " + date, 200},
      {"If-Unmodified-Since: " + future, 200},
      {"If-Unmodified-Since: " + old, 412},
      {"If-Unmodified-Since: never", 200},
      {"If-Match: " + etag + "\r\nIf-Unmodified-Since: " + old, 200},
      {"If-Match: \"x\"\r\nRange: bytes=0-0", 412},
      {"If-None-Match: " + etag + "\r\nRange: bytes=0-0", 304},
  };
  for (const auto& row : rows)
    for (const auto* method : {"GET", "HEAD"}) {
      const auto response = ask(std::string(method) + " /hello.txt HTTP/1.1\r\nHost: a\r\n" +
                                row.fields + "\r\n\r\n");
      BOOST_TEST(response.status == row.status, method << " " << row.fields);
      if (row.status == 304) {
        BOOST_TEST(response.field("ETag") == etag);
        BOOST_TEST(response.field("Date") != "(none)");
        BOOST_TEST(response.field("Content-Length") == "(none)");
        BOOST_TEST(response.field("Content-Type") == "(none)");
      }
    }
  BOOST_TEST(get("/absent", "If-None-Match: *\r\n").status == 404);
  BOOST_TEST(get("/whoami", "If-Match: \"x\"\r\n").status == 412);
}

BOOST_AUTO_TEST_CASE(ranges_are_served) {
  struct Row {
    const char* range;
    int status;
    const char* content_range;
    const char* body;
  };
  const Row rows[] = {
      // of "hello, world\n", 13 bytes
      {"bytes=0-4", 206, "bytes 0-4/13", "hello"},
      {"bytes=7-", 206, "bytes 7-12/13", "world\n"},
      {"bytes=-6", 206, "bytes 7-12/13", "world\n"},
      {"bytes=-13", 206, "bytes 0-12/13", "hello, world\n"},
      {"bytes=-14", 206, "bytes 0-12/13", "hello, world\n"},
      {"bytes=12-12", 206, "bytes 12-12/13", "\n"},
      {"bytes=12-99999999999999999999999", 206, "bytes 12-12/13", "\n"},
      {"BYTES=0-0", 206, "bytes 0-0/13", "h"},
      {"bytes= 0-0 ,", 206, "bytes 0-0/13", "h"},
      {"bytes=0-0,13-", 206, "bytes 0-0/13", "h"},
      {"bytes=13-", 416, "bytes */13", nullptr},
      {"bytes=99999999999999999999999-", 416, "bytes */13", nullptr},
      {"bytes=-0", 416, "bytes */13", nullptr},
      {"bytes=13-20,-0", 416, "bytes */13", nullptr},
      {"bytes=4-3", 200, "(none)", "hello, world\n"},
      {"bytes=", 200, "(none)", "hello, world\n"},
      {"bytes", 200, "(none)", "hello, world\n"},
      {"bytes=a-b", 200, "(none)", "hello, world\n"},
      {"bytes=0 - 1", 200, "(none)", "hello, world\n"},
      {"bytes=0x0-1", 200, "(none)", "hello, world\n"},
      {"bytes=--1", 200, "(none)", "hello, world\n"},
      {"bytes=-", 200, "(none)", "hello, world\n"},
      {"lines=0-1", 200, "(none)", "hello, world\n"},
      {"bytes=0-5,3-8", 200, "(none)", "hello, world\n"},
  };
  for (const auto& row : rows) {
    const auto response = get("/hello.txt", std::string("Range: ") + row.range + "\r\n");
    BOOST_TEST(response.status == row.status, row.range);
    BOOST_TEST(response.field("Content-Range") == row.content_range, row.range);
    if (row.body != nullptr) BOOST_TEST(response.body == row.body, row.range);
  }
  BOOST_TEST(ask("HEAD /hello.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=0-0\r\n\r\n")
                 .field("Content-Length") == "13");
  BOOST_TEST(ask("POST /request HTTP/1.1\r\nHost: a\r\nRange: bytes=0-0\r\n\r\n").status == 200);
  BOOST_TEST(get("/hello.txt", "Range: bytes=0-0\r\nRange: bytes=1-1\r\n").status == 200);
  BOOST_TEST(get("/whoami", "Range: bytes=0-0\r\n").status == 200);
}

BOOST_AUTO_TEST_CASE(several_ranges_come_as_multipart) {
  for (const auto* path : {"/hello.txt", "/large.bin"}) {
    const auto whole = get(path).body;
    const auto response = get(path, "Range: bytes=7-9,0-1,-1\r\n");
    BOOST_TEST(response.status == 206);
    const auto type = response.field("Content-Type");
    const std::string begin = "multipart/byteranges; boundary=";
    BOOST_REQUIRE(type.starts_with(begin));
    const auto boundary = type.substr(begin.size());
    BOOST_TEST(response.field("Content-Range") == "(none)");
    const auto part = [&](std::size_t offset, std::size_t length) {
      return "--" + boundary + "\r\nContent-Type: " + get(path).field("Content-Type") +
             "\r\nContent-Range: bytes " + std::to_string(offset) + "-" +
             std::to_string(offset + length - 1) + "/" + std::to_string(whole.size()) + "\r\n\r\n" +
             whole.substr(offset, length) + "\r\n";
    };
    BOOST_TEST(response.body ==
               part(7, 3) + part(0, 2) + part(whole.size() - 1, 1) + "--" + boundary + "--\r\n");
  }
}

BOOST_AUTO_TEST_CASE(a_request_for_many_tiny_ranges_gets_the_whole_file) {
  const auto ranges = [](int count) {
    std::string text = "Range: bytes=0-0";
    for (int i = 1; i < count; ++i)
      text += "," + std::to_string(2 * i) + "-" + std::to_string(2 * i);
    return text + "\r\n";
  };
  BOOST_TEST(get("/large.bin", ranges(15)).status == 206);
  BOOST_TEST(get("/large.bin", ranges(16)).status == 206);
  BOOST_TEST(get("/large.bin", ranges(17)).status == 200);
  BOOST_TEST(get("/large.bin", ranges(1500)).status == 200);
}

BOOST_AUTO_TEST_CASE(if_range_lets_a_range_count_only_for_the_same_file) {
  // A date counts as strong only once it is a second old: give the file one that is.
  std::filesystem::last_write_time(
      root / "hello.txt", std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  const auto first = get("/hello.txt");
  const auto etag = first.field("ETag");
  const auto status = [&](const std::string& condition) {
    return get("/hello.txt", "Range: bytes=0-0\r\nIf-Range: " + condition + "\r\n").status;
  };
  BOOST_TEST(status(etag) == 206);
  BOOST_TEST(status("W/" + etag) == 200);
  BOOST_TEST(status("\"x\"") == 200);
  BOOST_TEST(status(first.field("Last-Modified")) == 206);
  BOOST_TEST(status("Sun, 06 Nov 1994 08:49:37 GMT") == 200);
  BOOST_TEST(status("Fri, 06 Nov 2093 08:49:37 GMT") == 200);
  BOOST_TEST(status("nonsense") == 200);
}

BOOST_AUTO_TEST_CASE(every_change_of_a_file_is_seen_by_the_next_request) {
  TestClient asking = client();
  const auto now_is = [&](const std::string& wanted) {
    asking.send("GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto response = read(asking);
    BOOST_REQUIRE_MESSAGE(response.body == wanted, response.body << " is not " << wanted);
    return response.field("ETag");
  };
  auto before = now_is("hello, world\n");
  for (int i = 0; i < 200; ++i) {  // as fast as it goes, and of equal length
    const auto text = "hello, " + std::to_string(10000 + i) + "\n";
    if (i % 2 == 0) {
      write("hello.txt", text);
    } else {
      write("new", text);
      std::filesystem::rename(root / "new", root / "hello.txt");
    }
    const auto after = now_is(text);
    BOOST_REQUIRE(after != before);
    before = after;
  }
  std::filesystem::remove(root / "hello.txt");
  BOOST_TEST(get("/hello.txt").status == 404);
}

BOOST_AUTO_TEST_CASE(an_unchanged_file_is_cached_and_its_next_change_is_seen) {
  const auto wait_until_quiet = [&] {
    struct stat facts = {};
    struct timespec now = {};
    do {
      BOOST_REQUIRE(::stat((root / "hello.txt").c_str(), &facts) == 0);
      ::clock_gettime(CLOCK_REALTIME, &now);
    } while ((now.tv_sec - facts.st_ctim.tv_sec) * 1'000'000'000 + now.tv_nsec -
                 facts.st_ctim.tv_nsec <
             60'000'000);
  };
  wait_until_quiet();
  BOOST_TEST(get("/hello.txt").body == "hello, world\n");
  BOOST_TEST(get("/hello.txt").body == "hello, world\n");
  write("hello.txt", "HELLO, WORLD\n");
  BOOST_TEST(get("/hello.txt").body == "HELLO, WORLD\n");
  wait_until_quiet();
  BOOST_TEST(get("/hello.txt").body == "HELLO, WORLD\n");
  std::filesystem::remove(root / "hello.txt");
  std::filesystem::create_symlink("docs/a.txt", root / "hello.txt");
  BOOST_TEST(get("/hello.txt").body == "aaa\n");
  std::filesystem::remove(root / "hello.txt");
  std::filesystem::create_symlink("/etc/passwd", root / "hello.txt");
  BOOST_TEST(get("/hello.txt").status == 403);
}

BOOST_AUTO_TEST_CASE(another_site_is_served_at_once) {
  Folder other;
  other.write("hello.txt", "the other one\n");
  BOOST_TEST(get("/hello.txt").body == "hello, world\n");
  site->replace(std::make_shared<const Site>(other.root));
  BOOST_TEST(get("/hello.txt").body == "the other one\n");
}

BOOST_AUTO_TEST_CASE(files_below_and_above_the_limit_of_the_cache_are_served) {
  for (const std::size_t size : {65535U, 65536U, 65537U}) {
    write("edge.bin", std::string(size, 'e'));
    for (int i = 0; i < 3; ++i) BOOST_TEST(get("/edge.bin").body.size() == size);
    BOOST_TEST(get("/edge.bin", "Range: bytes=-2\r\n").body == "ee");
  }
}

BOOST_AUTO_TEST_CASE(a_post_to_the_front_page_gets_its_content_back) {
  BOOST_TEST(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").body == "hello");
  BOOST_TEST(ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n")
                 .body == "hello");
}

BOOST_AUTO_TEST_CASE(head_and_304_say_what_get_would_say) {
  const std::string fields = " /request HTTP/1.1\r\nHost: a\r\n\r\n";
  BOOST_TEST(ask("HEAD" + fields).field("Content-Length") ==
             ask("GET" + fields).field("Content-Length"));
  const auto unchanged = get("/whoami", "If-None-Match: *\r\n");
  BOOST_TEST(unchanged.status == 304);
  BOOST_TEST(unchanged.field("Cache-Control") == get("/whoami").field("Cache-Control"));
}

BOOST_AUTO_TEST_SUITE_END()
