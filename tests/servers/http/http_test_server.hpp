#pragma once
// A site with a few files, the HTTP service before it, and a way to ask for things.

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "servers/http/http_service.hpp"
#include "servers/site/site.hpp"
#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

namespace portlab {

struct Folder {
  std::filesystem::path root;

  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "portlab-http-XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(root / "docs" / "deep");
    write("index.html", "<!doctype html><title>home</title>\n");
    write("hello.txt", "hello, world\n");
    write("empty.txt", "");
    write("docs/a.txt", "aaa\n");
    std::string large;
    for (int i = 0; large.size() < std::size_t{1} << 20; ++i) large += std::to_string(i) + "\n";
    large.resize(std::size_t{1} << 20);
    write("large.bin", large);
  }
  ~Folder() { std::filesystem::remove_all(root); }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream(root / name, std::ios::binary) << text;
  }
};

/// A response, taken apart by a reader that is not the server's own.
struct TestResponse {
  int status = 0;
  std::string head;
  std::string body;

  /// The value of a field; "(none)" without one, "(twice)" with more than one.
  std::string field(std::string_view name) const {
    std::string found = "(none)";
    const auto lower = [](std::string text) {
      for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      return text;
    };
    std::size_t at = head.find("\r\n") + 2;
    while (at < head.size()) {
      const auto end = head.find("\r\n", at);
      const auto line = head.substr(at, end - at);
      at = end + 2;
      const auto colon = line.find(": ");
      if (colon == std::string::npos || lower(line.substr(0, colon)) != lower(std::string(name)))
        continue;
      found = found == "(none)" ? line.substr(colon + 2) : "(twice)";
    }
    return found;
  }
};

struct Lab : Folder {
  std::shared_ptr<SharedSite> site =
      std::make_shared<SharedSite>(std::make_shared<const Site>(root));
  RunningCore core;
  Endpoint server;

  explicit Lab(CoreOptions options = {},
               std::span<const http::Route> routes = http::server_routes())
      : core(options) {
    core.core.add(make_http_service(site, core.core, routes));
    core.start();
    server = core.listen("http=0");
  }

  TestClient client() const { return TestClient(server); }

  /// Reads one response: to the length that it announces.
  static TestResponse read(TestClient& client, bool to_head = false) {
    TestResponse response;
    response.head = client.receive_until("\r\n\r\n");
    response.status = std::atoi(response.head.substr(9, 3).c_str());
    const auto length = response.field("Content-Length");
    if (!to_head && length != "(none)" && response.status != 304)
      response.body = client.receive_exactly(std::stoul(length));
    return response;
  }

  /// One request on a connection of its own.
  TestResponse ask(std::string_view request) const {
    TestClient asking(server);
    asking.send(request);
    return read(asking, request.starts_with("HEAD "));
  }

  /// GET with a Host, and more field lines.
  TestResponse get(const std::string& target, const std::string& fields = {}) const {
    return ask("GET " + target + " HTTP/1.1\r\nHost: lab.test\r\n" + fields + "\r\n");
  }
};

}  // namespace portlab
