#include "common/control_protocol.hpp"

#include <algorithm>
#include <array>
#include <boost/describe/class.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <utility>

#include "common/text.hpp"

namespace portlab {

namespace json = boost::json;

// Boost.JSON writes and reads a described structure by the names of its members.
BOOST_DESCRIBE_STRUCT(Confinement, (), (wanted, user, capabilities, landlock, reads, sockets))

namespace {

constexpr std::array<std::pair<ControlCommand, std::string_view>, 9> names{{
    {ControlCommand::listeners, "listeners"},
    {ControlCommand::sessions, "sessions"},
    {ControlCommand::listen, "listen"},
    {ControlCommand::close, "close"},
    {ControlCommand::move, "move"},
    {ControlCommand::stop, "stop"},
    {ControlCommand::status, "status"},
    {ControlCommand::url, "url"},
    {ControlCommand::authority, "authority"},
}};

std::string line(const json::value& value) { return json::serialize(value) + "\n"; }

Result<json::object> parse_object(std::string_view text) {
  boost::system::error_code failed;
  auto value = json::parse(text, failed);
  if (failed || !value.is_object()) return Error{"this line is not a JSON object"};
  return std::move(value.as_object());
}

json::object to_json(const ServerUrls::Places& places) {
  return {{"urls", json::value_from(places.urls)}, {"dns", json::value_from(places.dns_servers)}};
}

ServerUrls::Places places_in(const json::object& reply, std::string_view name) {
  using Texts = std::vector<std::string>;
  const auto* found = reply.if_contains(name);
  if (found == nullptr) return {};
  const auto& object = found->as_object();
  return {json_member<Texts>(object, "urls"), json_member<Texts>(object, "dns")};
}

/// The rows under this name in a reply; `read` parses one of them.
template <class Row>
Result<std::vector<Row>> rows_in(const json::object& reply, std::string_view name,
                                 Result<Row> (*read)(const json::value&)) {
  std::vector<Row> rows;
  const auto* array = reply.if_contains(name);
  if (array == nullptr) return rows;
  rows.reserve(array->as_array().size());
  for (const auto& each : array->as_array()) {
    auto row = read(each);
    if (!row) return row.error();
    rows.push_back(std::move(*row));
  }
  return rows;
}

}  // namespace

std::string_view to_string(ControlCommand command) {
  const auto* found = std::find_if(names.begin(), names.end(),
                                   [&](const auto& name) { return name.first == command; });
  return found == names.end() ? "unknown" : found->second;
}

Result<ControlCommand> parse_control_command(std::string_view name) {
  const auto* found = std::find_if(names.begin(), names.end(),
                                   [&](const auto& known) { return known.second == name; });
  if (found != names.end()) return found->first;
  return Error{"'" + std::string(name) + "' is not a command of portlab server; the commands are " +
               join(names, ", ", [](const auto& known) { return known.second; })};
}

bool takes_argument(ControlCommand command) {
  return command == ControlCommand::listen || command == ControlCommand::close ||
         command == ControlCommand::move;
}

std::string control_request_line(const ControlRequest& request) {
  json::object object{{"command", to_string(request.command)}};
  if (!request.argument.empty()) object["argument"] = request.argument;
  return line(object);
}

Result<ControlRequest> parse_control_request(std::string_view text) try {
  const auto object = parse_object(text);
  if (!object) return object.error();
  const auto command = parse_control_command(json_member<std::string>(*object, "command"));
  if (!command) return command.error();
  ControlRequest request{*command, json_member<std::string>(*object, "argument")};
  const auto name = std::string(to_string(*command));
  if (takes_argument(*command) && request.argument.empty())
    return Error{name + " needs an argument, such as \"http=83\""};
  if (!takes_argument(*command) && !request.argument.empty())
    return Error{name + " takes no argument"};
  return request;
} catch (const std::exception&) {
  return Error{"a request's \"command\" and \"argument\" are strings"};
}

std::string control_listeners_line(std::span<const ListenerRow> rows,
                                   const Confinement& confinement) {
  return line(
      json::object{{"listeners", to_json(rows)}, {"confinement", json::value_from(confinement)}});
}

std::string control_sessions_line(std::span<const SessionRow> rows,
                                  std::span<const SessionRow> ended) {
  json::object reply{{"sessions", to_json(rows)}};
  if (!ended.empty()) reply["ended"] = to_json(ended);
  return line(reply);
}

std::string control_url_line(const ServerUrls& urls) {
  return line(json::object{{"here", to_json(urls.here)}, {"others", to_json(urls.others)}});
}

std::string control_authority_line(std::string_view certificate) {
  return line(json::object{{"authority", certificate}});
}

std::string control_status_line(const ServerStatus& status) {
  return line(json::object{{"pid", status.pid},
                           {"version", status.version},
                           {"workers", status.workers},
                           {"refused_sessions", status.refused},
                           {"private", status.private_network},
                           {"uptime_seconds", status.uptime_seconds},
                           {"confinement", json::value_from(status.confinement)}});
}

std::string control_done_line(std::string_view sentence) {
  return line(json::object{{"done", sentence}});
}

std::string control_done_line(std::string_view sentence, std::span<const ListenerRow> rows) {
  return line(json::object{{"done", sentence}, {"listeners", to_json(rows)}});
}

std::string control_error_line(const ControlError& error) {
  json::object object{{"error", error.text}};
  if (!error.cause.empty()) {
    object["cause"] = error.cause;
    object["endpoint"] = to_json(error.endpoint);
  }
  return line(object);
}

boost::system::result<ControlReply, ControlError> parse_control_reply(std::string_view text) try {
  const auto object = parse_object(text);
  if (!object) return ControlError{object.error()};
  if (const auto* error = object->if_contains("error")) {
    ControlError found{{json::value_to<std::string>(*error)},
                       json_member<std::string>(*object, "cause")};
    if (found.text.empty()) found.text = "the server gives an error without a reason";
    if (!found.cause.empty()) found.endpoint = endpoint_from_json(object->at("endpoint")).value();
    return found;
  }
  ControlReply reply;
  reply.done = json_member<std::string>(*object, "done");
  auto listeners = rows_in(*object, "listeners", listener_from_json);
  if (!listeners) return ControlError{listeners.error()};
  reply.listeners = std::move(*listeners);
  auto sessions = rows_in(*object, "sessions", session_from_json);
  if (!sessions) return ControlError{sessions.error()};
  reply.sessions = std::move(*sessions);
  auto ended = rows_in(*object, "ended", session_from_json);
  if (!ended) return ControlError{ended.error()};
  reply.ended = std::move(*ended);
  reply.status.pid = json_member<std::int64_t>(*object, "pid");
  reply.status.version = json_member<std::string>(*object, "version");
  reply.status.workers = json_member<int>(*object, "workers");
  reply.status.refused = json_member<std::uint64_t>(*object, "refused_sessions");
  reply.status.private_network = json_member<bool>(*object, "private");
  reply.status.uptime_seconds = json_member<double>(*object, "uptime_seconds");
  reply.status.confinement = json_member<Confinement>(*object, "confinement");
  reply.authority = json_member<std::string>(*object, "authority");
  reply.urls = {places_in(*object, "here"), places_in(*object, "others")};
  return reply;
} catch (const std::exception&) {
  return ControlError{{"this line is not a reply of the control protocol"}};
}

}  // namespace portlab
