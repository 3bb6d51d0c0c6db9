// portlab server: asks a running portlabd, and tells it what to do.

#include <boost/json/parse.hpp>
#include <boost/program_options/value_semantic.hpp>

#include "clients/control_client.hpp"
#include "clients/failure.hpp"
#include "clients/netstat/watch.hpp"
#include "clients/options.hpp"
#include "clients/server_tables.hpp"
#include "clients/terminal.hpp"

namespace portlab {

namespace {

std::string as_people_read_it(ControlCommand command, const ControlReply& reply) {
  const auto room = room_on_stdout();
  switch (command) {
    case ControlCommand::listeners:
      return listener_table(reply.listeners, room);
    case ControlCommand::sessions:
      return session_table(reply.sessions, room);
    case ControlCommand::listen:
    case ControlCommand::close:
    case ControlCommand::move:
      return printable(reply.done) + "\n" + listener_table(reply.listeners, room);
    case ControlCommand::stop:
      return printable(reply.done) + "\n";
    case ControlCommand::status:
      return status_text(reply.status);
  }
  return {};
}

ControlRequest request_of(const CommandLine& line) {
  line.expect_operands(1, 2);
  const auto& words = line.operands();
  const auto command = parse_control_command(words[0]);
  if (!command) {
    const auto guess =
        nearest(words[0], {"listeners", "sessions", "listen", "close", "move", "stop", "status"});
    throw line.wrong(printable(command.error().text),
                     guess.empty() ? "" : "portlab server " + std::string(guess));
  }
  const std::string name(to_string(*command));
  if (takes_argument(*command) && words.size() < 2)
    throw line.wrong(name + ": which service, and where?", "portlab server " + name + " http=83");
  if (!takes_argument(*command) && words.size() > 1)
    throw line.wrong(name + " takes no '" + printable(words[1]) + "'", "portlab server " + name);
  return {*command, words.size() > 1 ? words[1] : ""};
}

}  // namespace

int run_server(const Arguments& arguments) {
  const Manual manual{
      "server",
      "listeners|sessions|status|stop, or listen|close|move SERVICE[=[ADDRESS:]PORT]",
      {{{"portlab server move http=83", "HTTP answers on port 83 from now on"},
        {"portlab server listen echo=[::1]:7007", "a second place for echo"},
        {"portlab server sessions", "everybody who is connected, and what they did last"}}},
      "The server is asked over its control socket, which is its owner's alone:\n"
      "$PORTLAB_CONTROL, or portlab/control below $XDG_RUNTIME_DIR (else below /run for root,\n"
      "/tmp/portlab-UID/control for others), or --control PATH."};
  std::string control;
  CommandLine line(manual, Shared::json);
  line.add()("control", po::value(&control)->value_name("PATH"), "the control socket");
  const auto options = line.parse(arguments);
  if (!options) return 0;
  const auto request = request_of(line);
  if (control.empty()) control = default_control_path();
  const auto answer = ask_server(control, request);
  if (options->json)
    print(answer.line + "\n");
  else
    print(as_people_read_it(request.command, answer.reply));
  return 0;
}

}  // namespace portlab
