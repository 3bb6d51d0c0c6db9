// portlab telnet: a telnet client (RFC 854), also for servers of other text protocols.

#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/client_session.hpp"
#include "clients/net/connection_card.hpp"
#include "clients/net/connection_failure.hpp"
#include "clients/telnet/telnet_client.hpp"
#include "common/known_services.hpp"
#include "common/port.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

constexpr Manual manual{
    "telnet",
    "HOST[:PORT]",
    {{{"portlab telnet 127.0.0.1", "to telnet's default port 23; name guest, password portlab"},
      {"portlab telnet -n 127.0.0.1:8023", "shows the negotiation of options, to port 8023"},
      {"printf 'guest\\nportlab\\nwho\\nquit\\n' | portlab telnet 127.0.0.1",
       "input from a pipe; what comes back goes to stdout"}}},
    "Everything is sent as clear text, passwords, too. The client begins no negotiation, so that "
    "it "
    "works with servers of other text protocols. Enter sends CR LF, or CR NUL where the server "
    "echoes each key. Ctrl-] opens the client's prompt: quit, status, send, help. From a pipe, the "
    "session ends when the server closes it, or is silent for --timeout seconds after the end of "
    "the input. With several sessions, the input goes to the first. Exit status 1: the server "
    "ended the "
    "session because of a wrong name or password; else 0 where there was a session."};

/// HOST[:PORT], or "HOST PORT" as other telnet programs have it.
Target target_of(const CommandLine& line) {
  line.expect_operands(1, 2);
  const auto& operands = line.operands();
  const auto where = line.host_and_port(operands[0]);
  if (operands.size() == 1)
    return {Transport::tcp, where.host, where.port.value_or(default_port_of("telnet"))};
  if (where.port) throw line.wrong("the port is given twice", operands[0]);
  const auto port = parse_port(operands[1]);
  if (!port) throw line.wrong(port.error().text);
  return {Transport::tcp, where.host, *port};
}

/// What a server that speaks no telnet sends can't be meant for the terminal's escape sequences.
void show(Bytes data, bool is_telnet) {
  if (::isatty(STDOUT_FILENO) != 0 && !is_telnet)
    print(showable(as_text(data)));
  else
    print(as_text(data));
}

}  // namespace

int run_telnet(const Arguments& arguments) {
  CommandLine line(manual);
  bool shows_negotiation = false;
  line.add()("negotiation,n", po::bool_switch(&shows_negotiation),
             "show the commands of telnet that both ends send, on stderr");
  const auto options = line.parse(arguments);
  if (!options) return 0;

  auto sessions = connect_all(target_of(line), *options);
  const auto cards = show_cards(sessions, "telnet", *options);
  CapturedText kept;
  json::array commands;
  const auto keep = [&](Bytes data, bool) { kept.add(data); };
  const auto trace = [&](bool sent, const std::string& command) {
    constexpr std::size_t commands_max = 1000;  // a server can send any number
    if (options->json && commands.size() < commands_max)
      commands.push_back(json::object{{"from", sent ? "client" : "server"}, {"command", command}});
    if (shows_negotiation && options->shows_messages())
      std::fprintf(stderr, "%s  %s%s\n", sent ? "client" : "server", command.c_str(),
                   ::isatty(STDERR_FILENO) != 0 ? "\r" : "");
  };

  std::optional<int> signal;
  bool login_failed = false;
  {
    TelnetClient client(sessions.front(), *options,
                        options->json ? TelnetClient::Output(keep) : TelnetClient::Output(show),
                        trace);
    const bool talks = client.is_interactive() && options->shows_messages();
    if (talks)
      std::fputs("connected; Ctrl-] opens the prompt of this client (quit, help)\n", stderr);
    signal = client.run();
    login_failed = client.login_failed();
    if (client.peer_ended() && client.received_bytes() + client.sent_bytes() == 0)
      throw rejected_failure(sessions.front().remote(), 1, sessions.size());
    if (talks && client.peer_ended()) std::fputs("\r\nthe peer closed the connection\r\n", stderr);
    if (options->json)
      print_json(json::object{{"sessions", cards},
                              {"sent_bytes", client.sent_bytes()},
                              {"received_bytes", client.received_bytes()},
                              {"commands", commands},
                              {"received", kept.to_json()}});
  }
  if (signal) end_by(*signal);
  const auto others = std::span(sessions).subspan(1);
  const auto rejected = static_cast<std::size_t>(
      std::count_if(others.begin(), others.end(),
                    [](const ClientSession& session) { return session.was_rejected(); }));
  if (rejected > 0) throw rejected_failure(sessions.front().remote(), rejected, sessions.size());
  return static_cast<int>(login_failed ? Exit::failed : Exit::done);
}

}  // namespace portlab
