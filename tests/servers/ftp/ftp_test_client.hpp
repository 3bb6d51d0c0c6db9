#pragma once
// An FTP client without a socket: runs command lines in an FtpSession and records the dialogue.

#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/ftp/reply.hpp"
#include "servers/ftp/command_table.hpp"

namespace portlab::ftp::server {

/// A temporary directory with a few files; the destructor removes it.
class TemporarySite {
 public:
  TemporarySite() {
    std::string name = (std::filesystem::temp_directory_path() / "portlab-ftp-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    root_ = name;
    write("hello.txt", "Hello, port!\n");
    write("docs/a.txt", "a");
    write("docs/b.txt", "bb");
    write("docs/b.html", "<b>");
    write("docs/deep/c d.txt", "c\nd\n");
    std::filesystem::create_directory(root_ / "empty");
    std::filesystem::create_directory(root_ / "say \"hi\"");
    std::filesystem::create_symlink("/etc", root_ / "out");
    std::filesystem::create_symlink("/etc/passwd", root_ / "docs/out.txt");
    site = std::make_shared<SharedSite>(std::make_shared<Site>(root_));
  }
  ~TemporarySite() { std::filesystem::remove_all(root_); }
  TemporarySite(const TemporarySite&) = delete;
  TemporarySite& operator=(const TemporarySite&) = delete;

  void write(const std::string& path, std::string_view content) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << content;
  }
  const std::filesystem::path& root() const { return root_; }

  std::shared_ptr<SharedSite> site;

 private:
  std::filesystem::path root_;
};

class FakePassivePort : public PassivePort {
 public:
  explicit FakePassivePort(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}
  std::optional<Endpoint> open() override {
    opened = available;
    return available ? std::optional(endpoint_) : std::nullopt;
  }
  void close() override { opened = false; }

  bool available = true;
  bool opened = false;

 private:
  Endpoint endpoint_;
};

/// Runs commands and records the dialogue, which a failing check prints.
class FtpTestClient {
 public:
  explicit FtpTestClient(std::string_view address = "127.0.0.1")
      : port(tcp_endpoint(parse_address(address).value(), 50'000)),
        server(tcp_endpoint(parse_address(address).value(), 21)),
        client(tcp_endpoint(parse_address(address).value(), 40'000)),
        session(*files.site, server, client, port) {}

  /// The code of the reply.
  int code(const std::string& line) { return command(line).code; }
  /// The reply as it would be sent.
  std::string reply(const std::string& line) {
    const auto given = command(line);
    return format_reply(given.code, given.text);
  }
  /// What a command would send over the data connection.
  std::string list(const std::string& line) {
    const auto given = command(line);
    if (!given.transfer) return "no transfer: " + std::to_string(given.code);
    return std::get<std::string>(*given.transfer);
  }
  /// Runs one command line.
  Reply command(const std::string& line) {
    auto given = run_command(session, parse_command(line));
    dialogue += "> " + line + "\n" + format_reply(given.code, given.text);
    return given;
  }
  FtpTestClient& logged_in() {
    command("USER anonymous");
    command("PASS me@lab.test");
    return *this;
  }

  TemporarySite files;
  FakePassivePort port;
  Endpoint server;
  Endpoint client;
  FtpSession session;
  std::string dialogue;
};

/// Runs `line` and checks the code of the reply; a failure prints the dialogue.
#define CHECK_CODE(client, line, expected)                                                        \
  do {                                                                                            \
    const int got = (client).code(line);                                                          \
    BOOST_TEST(got == (expected), "'" << (line) << "' got " << got << ", expected " << (expected) \
                                      << "; the dialogue:\n"                                      \
                                      << (client).dialogue);                                      \
  } while (false)

}  // namespace portlab::ftp::server
