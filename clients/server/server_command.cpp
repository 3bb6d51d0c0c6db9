// portlab server: shows and changes the state of a running portlabd.

#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/watch.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/session_filter.hpp"
#include "clients/net/sock_diag.hpp"
#include "clients/server/server_tables.hpp"
#include "common/control_path.hpp"
#include "common/known_services.hpp"
#include "common/port.hpp"
#include "common/system/port_settings.hpp"

namespace portlab {

namespace {

struct ServerOptions {
  std::string control;
  bool all = false;      ///< sessions: each in its own row
  bool verbose = false;  ///< listeners: how the server is confined, too
  bool json = false;
  SessionFilter filter;  ///< of sessions
  std::optional<WatchOptions> watch;
};

std::string confinement_of(const ControlReply& reply) {
  const auto text = confinement_text(reply.status.confinement);
  return wrap(text, columns_of(STDOUT_FILENO), 2);
}

/// The lines for a table on this screen: without the prompt, and the heading of --watch.
std::size_t table_lines_max(const ServerOptions& options) {
  const std::size_t taken = options.watch ? 4 : 1;
  return options.all ? std::numeric_limits<std::size_t>::max()
                     : std::max<std::size_t>(lines_of_stdout(), taken + 2) - taken;
}

std::string text_of(ControlCommand command, const ControlReply& reply, const TableRoom& room,
                    const ServerOptions& options) {
  switch (command) {
    case ControlCommand::listeners:
      return listener_table(reply.listeners, room) + (options.verbose ? confinement_of(reply) : "");
    case ControlCommand::sessions:
      return sessions_text(reply.sessions, room, table_lines_max(options));
    case ControlCommand::listen:
    case ControlCommand::close:
    case ControlCommand::move:
      return printable(reply.done) + "\n" + listener_table(reply.listeners, room);
    case ControlCommand::stop:
      return printable(reply.done) + "\n";
    case ControlCommand::url:
      return urls_text(reply.urls);
    case ControlCommand::authority:
      return authority_text(reply.authority);
    case ControlCommand::status:
      return status_text(reply.status) + "control socket " + printable(options.control) + "\n" +
             confinement_of(reply);
  }
  return {};
}

/// The states of all TCP sockets, by local and remote endpoint.
using States = std::map<std::pair<SocketEnd, SocketEnd>, TcpState>;

States read_states(const SessionFilter& filter, bool here) {
  if (!here)
    throw CommandError(Exit::no_connection,
                       "the states of these sessions are in the table of the server's network",
                       "portlab enter portlab netstat --pairs " + filter.text());
  const auto sockets = read_sockets({.udp = false});
  if (!sockets) throw CommandError(Exit::no_connection, sockets.error().text);
  States states;
  for (const auto& row : *sockets) states[{row.local, row.remote}] = row.state;
  return states;
}

/// The sessions that match the filter. Their states are those in the kernel's table, which has them
/// only if the server is in this network (`here`). Throws a CommandError if they can't be read.
std::vector<SessionRow> matching_sessions(std::vector<SessionRow> rows, const SessionFilter& filter,
                                          bool here) {
  if (filter.empty()) return rows;
  const auto states = filter.needs_states() ? read_states(filter, here) : States();
  std::erase_if(rows, [&](const SessionRow& row) {
    const auto local = socket_end(row.local.address, row.local.port);
    const auto remote = socket_end(row.remote.address, row.remote.port);
    FilterSubject subject{.transport = row.local.transport,
                          .ends = {local, remote, std::nullopt},
                          .service = row.service};
    if (const auto found = states.find({local, remote}); found != states.end())
      subject.states[0] = found->second;
    return row.local.transport == Transport::local || !filter.matches(subject);
  });
  return rows;
}

/// Checks the form SERVICE[/TRANSPORT][=[ADDRESS:]PORT], for a move also SERVICE:PORT=… . Whether
/// the service exists is checked by the server.
Result<void> check_service(ControlCommand command, const std::string& text) {
  const auto equals = text.find('=');
  auto name = text.substr(0, std::min(text.find('/'), equals));
  if (const auto colon = name.find(':'); command == ControlCommand::move && colon < name.size()) {
    if (const auto from = parse_port(name.substr(colon + 1)); !from)
      return Error{from.error().text};
    name.resize(colon);
  }
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
  if (const auto valid = check_service(command, text); !valid)
    throw line.wrong(std::string(to_string(command)) + ": " + valid.error().text, example);
  if (command == ControlCommand::move && text.find('=') == std::string::npos)
    throw line.wrong("move: to which port?", "portlab server move " + printable(text) + "=8083");
  return text;
}

/// What other programs call a command; empty where nothing is known. ("list" is nearer to "listen",
/// but asks for a list.)
std::string_view usual_command(std::string_view word) {
  constexpr std::pair<std::string_view, std::string_view> commands[] = {
      {"list", "listeners"},  {"ls", "listeners"}, {"show", "listeners"},
      {"ports", "listeners"}, {"start", "listen"}, {"open", "listen"},
      {"add", "listen"},      {"bind", "listen"},  {"remove", "close"},
      {"delete", "close"},    {"rm", "close"},     {"info", "status"},
      {"reload", "status"},   {"restart", "stop"}, {"kill", "stop"},
      {"quit", "stop"},       {"ps", "sessions"},  {"connections", "sessions"},
  };
  for (const auto& [usual, command] : commands)
    if (word == usual) return command;
  return {};
}

/// The service that was typed after a command, as one word; an example if there is none.
std::string service_words(const Arguments& words) {
  if (words.size() < 2) return "http=8083";
  const bool has_port = words.size() == 3 && words[1].find('=') == std::string::npos &&
                        parse_port(words[2]).has_value();
  return shell_word(has_port ? words[1] + "=" + words[2] : words[1]);
}

ControlRequest request_of(const CommandLine& line) {
  line.expect_operands(1, std::numeric_limits<std::size_t>::max());
  const auto& words = line.operands();
  const auto command = parse_control_command(words[0]);
  if (!command) {
    auto guess = usual_command(words[0]);
    if (guess.empty())
      guess = nearest(words[0], {"listeners", "sessions", "listen", "close", "move", "stop",
                                 "status", "url", "authority"});
    const bool has_service = guess == "listen" || guess == "close" || guess == "move";
    std::string advice = guess.empty() ? "" : "portlab server " + std::string(guess);
    if (has_service) advice += " " + service_words(words);
    if (words[0] == "start" && words.size() == 1) advice = "portlabd";
    if (words[0] == "restart") advice += ", then portlabd";
    if (words[0] == "reload")
      advice += ", for the pid; then kill -HUP PID: it reads its settings again";
    throw line.wrong(printable(command.error().text), advice);
  }
  const std::string name(to_string(*command));
  if (takes_argument(*command) && words.size() < 2)
    throw line.wrong(name + ": which service, and where?", "portlab server " + name + " http=83");
  if (*command == ControlCommand::sessions) return {*command, {}};
  if (takes_argument(*command) && words.size() > 2 && find_known_service(words[2]) != nullptr)
    throw line.wrong(name + ": one service at a time",
                     "portlab server " + name + " " + shell_word(words[1]));
  if (takes_argument(*command) && words.size() == 3)
    throw line.wrong(
        name + ": the service and its port are one word",
        "portlab server " + name + " " + shell_word(words[1]) + "=" + shell_word(words[2]));
  if (*command == ControlCommand::move && words.size() == 4) {  // "http 80 83", "http to 83"
    const auto from = words[2] == "to" ? "" : ":" + words[2];
    throw line.wrong("move: the service and its ports are one word",
                     "portlab server move " + shell_word(words[1] + from + "=" + words[3]));
  }
  line.expect_operands(1, 2);
  if (!takes_argument(*command) && words.size() > 1)
    throw line.wrong(name + " takes no '" + printable(words[1]) + "'", "portlab server " + name);
  return {*command, words.size() > 1 ? service_of(line, *command, words[1]) : ""};
}

std::string advice_for(const ControlRequest& request, const ControlError& error) {
  const auto service = request.argument.substr(0, request.argument.find('='));
  const std::string again =
      "portlab server " + std::string(to_string(request.command)) + " " + printable(service);
  const auto least = std::to_string(std::max<int>(first_unprivileged_port(), 1024));
  if (error.cause == "EACCES")
    return again + "=PORT with a port from " + least + " on, which needs no root";
  if (error.cause == control_own_listener)
    return again + "=PORT with another port, or portlab server close SERVICE=PORT first";
  if (!error.cause.empty())
    return again + "=PORT with another port; portlab port PORT shows which program has a port";
  if (request.command == ControlCommand::authority)
    return "portlab server listen https=8443, if the server was started without --certificate";
  // To move: "http=83" finds the listener wherever it is, "http:80=83" may name a wrong place.
  if (request.command == ControlCommand::move && error.text.starts_with(service + " is not open"))
    return "portlab server listen " + printable(request.argument);
  return "portlab server listeners (the present listeners)";
}

ControlAnswer ask(const std::string& control, const ControlRequest& request) try {
  return ask_server(control, request);
} catch (const ControlRefusal& refusal) {
  const auto& error = refusal.error();
  const CommandError failure(refusal.exit(), printable(error.text), advice_for(request, error));
  const bool has_port = !error.cause.empty() && error.endpoint.transport != Transport::local;
  const auto cause = error.cause == control_own_listener ? NetError::in_use
                     : has_port                          ? find_net_error(error.cause)
                                                         : std::nullopt;
  throw cause ? failure.explained_by(*cause, place_text(error.endpoint)) : failure;
}

/// A heading for tables of a server in another network.
std::string where(const ControlRequest& request, bool here) {
  const auto command = request.command;
  if (here || command == ControlCommand::stop || command == ControlCommand::status ||
      command == ControlCommand::authority)  // a file for other programs
    return {};
  return wrap("In a private network (portlab enter enters it):", columns_of(STDOUT_FILENO), 0) +
         "\n";
}

bool shows_only(ControlCommand command) {
  return !takes_argument(command) && command != ControlCommand::stop;
}

std::optional<ServerOptions> parse_options(CommandLine& line, const Arguments& arguments) {
  ServerOptions options;
  WatchArguments watching;
  line.add()("all", po::bool_switch(&options.all), "sessions: each in its own row, even if many")(
      "verbose,v", po::bool_switch(&options.verbose), "listeners: how the server is confined, too");
  watching.add_to(line);
  line.add()("control", po::value(&options.control)->value_name("PATH"), "the control socket");
  const auto shared = line.parse(WatchArguments::complete(arguments));
  if (!shared) return std::nullopt;
  options.json = shared->json;
  options.watch = watching.parse(line);
  if (options.watch) options.watch->documents = options.json;
  if (options.control.empty()) options.control = find_control_path();
  return options;
}

/// Asks the server, and shows its answers.
class ServerTable {
 public:
  ServerTable(ControlRequest request, ServerOptions options)
      : request_(std::move(request)), options_(std::move(options)) {}

  void refresh() {
    answer_ = ask(options_.control, request_);
    here_ = is_in_our_network(options_.control, answer_.server_pid);
    auto& sessions = answer_.reply.sessions;
    sessions = matching_sessions(std::move(sessions), options_.filter, here_);
  }

  /// One document, or a table.
  std::string draw(const TableRoom& room) const {
    if (options_.json) return boost::json::serialize(json());
    return where(request_, here_) + text_of(request_.command, answer_.reply, room, options_);
  }

 private:
  boost::json::value json() const {
    if (options_.filter.empty()) return boost::json::parse(answer_.line);
    boost::json::array rows;
    for (const auto& row : answer_.reply.sessions) rows.push_back(to_json(row));
    return boost::json::object{{"sessions", std::move(rows)}};
  }

  const ControlRequest request_;
  const ServerOptions options_;
  ControlAnswer answer_;
  bool here_ = true;
};

}  // namespace

int run_server(const Arguments& arguments) {
  const Manual manual{
      "server",
      "sessions [FILTER ...], or listeners|status|url, or authority|stop, or listen|close|move "
      "SERVICE[:PORT][=[ADDRESS:]PORT]",
      {{{"portlab server move http=83", "HTTP answers on port 83 from now on"},
        {"portlab server sessions --watch http", "the sessions of HTTP, every second"},
        {"portlab server url", "the URLs for a browser, here and on other machines"}}},
      "FILTER is as in portlab netstat: :PORT, ADDRESS, ADDRESS:PORT, SERVICE or STATE. Sessions "
      "that do not fit the screen are shown in one row per client address and service. What moves "
      "is the listener at the port that is named, as in http:8080=83, or at the default port; the "
      "service's other listeners stay. "
      "authority prints the certificate that clients of https must trust: after 'portlab server "
      "authority > ca.pem', curl --cacert ca.pem. "
      "The command uses the control socket of the server, which only its owner may use: "
      "$PORTLAB_CONTROL, or portlab/control below $XDG_RUNTIME_DIR (else below /run for root, "
      "/tmp/portlab-UID/control for others), or --control PATH."};
  CommandLine line(manual, Shared::json);
  auto options = parse_options(line, arguments);
  if (!options) return 0;
  const auto request = request_of(line);
  if (request.command == ControlCommand::sessions)
    options->filter =
        SessionFilter(line, std::span(line.operands()).subspan(1), "portlab server sessions");
  if (options->watch && !shows_only(request.command))
    throw line.wrong("--watch repeats only what shows a table", "portlab server sessions --watch");
  const auto watching = options->watch;
  const std::string end = options->json ? "\n" : "";
  ServerTable table(request, std::move(*options));
  if (watching) {
    watch(*watching,
          {[&] { table.refresh(); }, [&](const TableRoom& room) { return table.draw(room); }});
    return 0;
  }
  table.refresh();
  print(table.draw(room_on_stdout()) + end);
  return 0;
}

}  // namespace portlab
