// The FTP control connection from both sides. As server: each command line gets one valid reply,
// which our client can parse. As client: replies of a server are parsed or refused.

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "common/bytes.hpp"
#include "common/ftp/command_line.hpp"
#include "common/ftp/data_address.hpp"
#include "common/ftp/mlst_facts.hpp"
#include "common/ftp/reply.hpp"
#include "common/ftp/telnet.hpp"
#include "servers/ftp/command_table.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;
using namespace portlab::ftp;
using namespace portlab::ftp::server;

namespace {

constexpr std::size_t line_bytes_max = 512;

/// A temporary directory with a few files; the destructor removes it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "portlab-fuzz-XXXXXX").string();
    require(::mkdtemp(name.data()) != nullptr, "mkdtemp works");
    root_ = name;
    std::filesystem::create_directories(root_ / "docs" / "deep");
    for (const auto* file : {"hello.txt", "docs/a.txt", "docs/b b.html", "docs/deep/c"})
      std::ofstream(root_ / file) << file;
    site = std::make_unique<SharedSite>(std::make_shared<const Site>(root_));
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(root_); }

  std::unique_ptr<SharedSite> site;

 private:
  std::filesystem::path root_;
};

class Port final : public PassivePort {
 public:
  std::optional<Endpoint> open() override {
    return tcp_endpoint(asio::ip::address_v4::loopback(), 40'000);
  }
  void close() override {}
};

void run_session(std::string_view bytes) {
  static TemporaryDirectory directory;
  static Port port;
  const auto server = tcp_endpoint(asio::ip::address_v4::loopback(), 21);
  const auto client = tcp_endpoint(asio::ip::address_v4::loopback(), 50'000);
  FtpSession session(*directory.site, server, client, port);
  session.login = Login::done;
  ControlReader reader(line_bytes_max);
  while (!bytes.empty()) {
    bytes.remove_prefix(reader.read(bytes));
    if (reader.has_telnet_replies())
      require(reader.take_telnet_replies().size() % 3 == 0, "IAC, verb, option");
    const auto line = reader.take_line();
    if (!line) continue;
    require(line->text.size() <= line_bytes_max + 1, "a line is not longer than its limit");
    const auto command = parse_command(line->text);
    const auto given = run_command(session, command);
    require(given.code >= 150 && given.code < 600, "the reply code is valid");
    const auto reply = format_reply(given.code, given.text);
    require(reply.ends_with("\r\n"), "a reply ends with CRLF");
    ReplyReader client_reader;
    std::size_t at = 0;
    bool complete = false;
    while (at < reply.size()) {
      const auto end = reply.find('\n', at);
      auto reply_line = std::string_view(reply).substr(at, end - at);
      if (reply_line.ends_with('\r')) reply_line.remove_suffix(1);
      require(!complete, "one reply to one command");
      const auto read = client_reader.add_line(reply_line);
      require(read.has_value(), "our client parses our reply");
      complete = read->has_value();
      at = end + 1;
    }
    require(complete, "the reply is complete");
  }
}

void parse_server_bytes(std::string_view bytes) {
  ReplyReader replies;
  while (!bytes.empty()) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    const auto line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    static_cast<void>(parse_passive_text(line));
    static_cast<void>(parse_extended_passive_text(line));
    static_cast<void>(parse_extended_port(line));
    static_cast<void>(parse_six_numbers(line));
    static_cast<void>(parse_time(line));
    static_cast<void>(unquote_path(line));
    static_cast<void>(parse_fact_names(line));
    if (const auto facts = parse_facts(line))
      require(facts->name.size() <= line.size(), "a name is part of the line");
    if (!replies.add_line(line)) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  run_session(as_text({data, size}));
  parse_server_bytes(as_text({data, size}));
  return 0;
}
