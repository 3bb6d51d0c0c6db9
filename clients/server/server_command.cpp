// portlab server: shows and changes the state of a running portlabd.

#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <optional>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/watch.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/local_server.hpp"
#include "clients/server/server_tables.hpp"
#include "common/port.hpp"
#include "common/system/port_settings.hpp"

namespace portlab {

namespace {

std::string confinement_of(const ControlReply& reply) {
  const auto text = confinement_text(reply.status.confinement);
  return wrap(text, columns_of(STDOUT_FILENO), 2);
}

std::string text_of(ControlCommand command, const ControlReply& reply, const std::string& control) {
  const auto room = room_on_stdout();
  switch (command) {
    case ControlCommand::listeners:
      return listener_table(reply.listeners, room) + confinement_of(reply);
    case ControlCommand::sessions:
      return session_table(reply.sessions, room);
    case ControlCommand::listen:
    case ControlCommand::close:
    case ControlCommand::move:
      return printable(reply.done) + "\n" + listener_table(reply.listeners, room);
    case ControlCommand::stop:
      return printable(reply.done) + "\n";
    case ControlCommand::status:
      return status_text(reply.status) + "control socket " + printable(control) + "\n" +
             confinement_of(reply);
  }
  return {};
}

/// Checks the form SERVICE[/TRANSPORT][=[ADDRESS:]PORT]. Whether the service exists is checked by
/// the server.
Result<void> check_service(const std::string& text) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, std::min(text.find('/'), equals));
  if (name.empty() || name.find_first_of(": .") != std::string::npos)
    return Error{"'" + printable(text) + "' names no service"};
  if (equals == std::string::npos || text.compare(equals + 1, 5, "unix:") == 0) return {};
  const auto place = text.substr(equals + 1);
  const auto colon = place.rfind(':');
  const auto port = parse_port(colon == std::string::npos ? place : place.substr(colon + 1));
  if (!port) return Error{port.error().text};
  if (colon == std::string::npos) return {};
  if (const auto host = parse_host_and_port(place); !host) return Error{host.error().text};
  if (const auto address = parse_address(place.substr(0, colon)); !address)
    return Error{address.error().text};
  return {};
}

/// The argument SERVICE[=…]; throws when its form is wrong.
std::string service_of(const CommandLine& line, ControlCommand command, const std::string& text) {
  const std::string example = "portlab server " + std::string(to_string(command)) + " http=8083";
  if (const auto valid = check_service(text); !valid)
    throw line.wrong(std::string(to_string(command)) + ": " + valid.error().text, example);
  if (command == ControlCommand::move && text.find('=') == std::string::npos)
    throw line.wrong("move: to which port?", "portlab server move " + printable(text) + "=8083");
  return text;
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
  return {*command, words.size() > 1 ? service_of(line, *command, words[1]) : ""};
}

/// The reason without the server's advice, which is for the command line of portlabd.
std::string without_servers_advice(const std::string& reason) {
  return reason.substr(0, std::min({reason.find(": try "), reason.find(": choose another port"),
                                    reason.find(": 'portlab ")}));
}

std::string advice_for(const ControlRequest& request, const std::string& reason) {
  const auto service = request.argument.substr(0, request.argument.find('='));
  const std::string again =
      "portlab server " + std::string(to_string(request.command)) + " " + printable(service);
  const auto least = std::to_string(std::max<int>(first_unprivileged_port(), 1024));
  if (reason.find("permission denied") != std::string::npos)
    return again + "=PORT with a port from " + least + " on, which needs no root";
  if (reason.starts_with("cannot listen"))
    return again + "=PORT with another port; portlab port PORT shows which program has a port";
  return "portlab server listeners (the present listeners)";
}

std::optional<Endpoint> endpoint_of(std::string_view transport, std::string_view place) {
  const auto where = parse_host_and_port(place);
  if (!where) return std::nullopt;
  const auto address = parse_address(where->host);
  if (!address) return std::nullopt;
  return Endpoint{
      transport == "udp" ? Transport::udp : Transport::tcp, *address, where->port.value_or(0), {}};
}

/// The error with its `portlab why`, if the server can't listen on an endpoint.
CommandError explained(const CommandError& failure, std::string_view reason) {
  struct Cause {
    std::string_view words;
    NetError net_error;
  };
  constexpr Cause causes[] = {{"permission denied", NetError::denied},
                              {"already in use", NetError::in_use},
                              {"of this very server", NetError::in_use},
                              {"no interface", NetError::not_available},
                              {"address family", NetError::no_family}};
  constexpr std::string_view head = "cannot listen on ";
  if (!reason.starts_with(head)) return failure;
  const auto space = reason.find(' ', head.size());
  const auto place = reason.substr(space + 1, reason.find(": ") - space - 1);
  const auto transport = reason.substr(head.size(), space - head.size());
  const auto where = transport == "unix" ? std::nullopt : endpoint_of(transport, place);
  for (const auto& cause : causes)
    if (where && reason.find(cause.words) != std::string_view::npos)
      return failure.explained_by(cause.net_error, *where);
  return failure;
}

ControlAnswer ask(const std::string& control, const ControlRequest& request) try {
  return ask_server(control, request);
} catch (const CommandError& failure) {
  if (failure.exit() != Exit::peer_said_no || !failure.advice().empty()) throw;
  throw explained(CommandError(failure.exit(), printable(without_servers_advice(failure.reason())),
                               advice_for(request, failure.reason())),
                  failure.reason());
}

/// A heading for tables of a server in another network.
std::string where(const ControlRequest& request, bool here) {
  if (here || request.command == ControlCommand::stop || request.command == ControlCommand::status)
    return {};
  return wrap("In a private network (portlab enter enters it):", columns_of(STDOUT_FILENO), 0) +
         "\n";
}

}  // namespace

int run_server(const Arguments& arguments) {
  const Manual manual{
      "server",
      "listeners|sessions|status|stop, or listen|close|move SERVICE[=[ADDRESS:]PORT]",
      {{{"portlab server move http=83", "HTTP answers on port 83 from now on"},
        {"portlab server listen echo=[::1]:7007", "echo on one more port"},
        {"portlab server sessions", "all sessions, and the last action of each"}}},
      "The command uses the control socket of the server, which only its owner may use: "
      "$PORTLAB_CONTROL, or portlab/control below $XDG_RUNTIME_DIR (else below /run for root, "
      "/tmp/portlab-UID/control for others), or --control PATH."};
  std::string control;
  CommandLine line(manual, Shared::json);
  line.add()("control", po::value(&control)->value_name("PATH"), "the control socket");
  const auto options = line.parse(arguments);
  if (!options) return 0;
  const auto request = request_of(line);
  if (control.empty()) control = find_control_path();
  const auto answer = ask(control, request);
  if (options->json)
    print_json(boost::json::parse(answer.line));
  else
    print(where(request, is_in_our_network(control, answer.server_pid)) +
          text_of(request.command, answer.reply, control));
  return 0;
}

}  // namespace portlab
