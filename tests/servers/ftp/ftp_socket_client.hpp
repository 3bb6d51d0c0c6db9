#pragma once
// An FTP client for tests over real sockets: it sends a line, checks the code of the reply, and
// opens data connections.

#include <boost/test/unit_test.hpp>
#include <string>

#include "common/ftp/data_address.hpp"
#include "servers/ftp/ftp_service.hpp"
#include "tests/servers/ftp/ftp_test_client.hpp"
#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

namespace portlab::ftp::server {

/// An FTP server with a temporary site.
struct Server {
  explicit Server(CoreOptions options = {})
      : running(make_ftp_service(files.site), std::move(options)),
        endpoint(running.listen("ftp=0")) {}

  TemporarySite files;
  RunningCore running;
  Endpoint endpoint;
};

class FtpSocketClient {
 public:
  explicit FtpSocketClient(const Endpoint& server) : control(server) { expect("220"); }
  FtpSocketClient(const Endpoint& server, const Endpoint& from) : control(server, from) {
    expect("220");
  }

  /// The next reply, all its lines. The test fails and prints the dialogue if its code differs.
  std::string expect(const std::string& code) {
    std::string reply;
    do {
      reply += control.receive_until("\r\n");
    } while (!ends_reply(reply));
    BOOST_REQUIRE_MESSAGE(reply.starts_with(code), "expected " << code << "; the dialogue:\n"
                                                               << control.dialogue());
    return reply;
  }
  std::string command(const std::string& line, const std::string& code) {
    control.send(line + "\r\n");
    return expect(code);
  }
  FtpSocketClient& log_in() {
    command("USER anonymous", "331");
    command("PASS me@lab.test", "230");
    return *this;
  }
  Endpoint pasv() { return parse_passive_text(command("PASV", "227")).value(); }
  Endpoint epsv() {
    const auto reply = command("EPSV", "229");
    return tcp_endpoint(control.local().address, parse_extended_passive_text(reply).value());
  }
  /// All bytes that a command sends over a passive data connection.
  std::string fetch(const std::string& line) {
    TestClient data(pasv());
    command(line, "150");
    auto all = data.receive_all();
    expect("226");
    return all;
  }

  TestClient control;

 private:
  static bool ends_reply(const std::string& reply) {
    const auto end = reply.rfind("\r\n", reply.size() - 3);
    const auto last = reply.substr(end == std::string::npos ? 0 : end + 2);
    return last.size() >= 4 && last.compare(0, 3, reply, 0, 3) == 0 && last[3] == ' ';
  }
};

}  // namespace portlab::ftp::server
