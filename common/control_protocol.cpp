#include "common/control_protocol.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <utility>

namespace portlab {

namespace json = boost::json;

namespace {

constexpr std::array<std::pair<ControlCommand, std::string_view>, 7> names{{
    {ControlCommand::listeners, "listeners"},
    {ControlCommand::sessions, "sessions"},
    {ControlCommand::listen, "listen"},
    {ControlCommand::close, "close"},
    {ControlCommand::move, "move"},
    {ControlCommand::stop, "stop"},
    {ControlCommand::status, "status"},
}};

std::string line(const json::value& value) { return json::serialize(value) + "\n"; }

template <class Row>
json::array array_of(std::span<const Row> rows) {
  json::array array;
  array.reserve(rows.size());
  for (const auto& row : rows) array.push_back(to_json(row));
  return array;
}

Result<json::object> parse_object(std::string_view text) {
  boost::system::error_code failed;
  auto value = json::parse(text, failed);
  if (failed || !value.is_object()) return Error{"this line is not a JSON object"};
  return std::move(value.as_object());
}

template <class T>
T field(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found == nullptr ? T{} : json::value_to<T>(*found);
}

json::array array_of(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

json::object to_json(const Confinement& confinement) {
  return {{"wanted", confinement.wanted},
          {"user", confinement.user},
          {"capabilities", array_of(confinement.capabilities)},
          {"landlock", confinement.landlock},
          {"reads", array_of(confinement.reads)},
          {"sockets", array_of(confinement.sockets)}};
}

Confinement confinement_in(const json::object& reply) {
  using Texts = std::vector<std::string>;
  const auto* found = reply.if_contains("confinement");
  if (found == nullptr) return {};
  const auto& object = found->as_object();
  return {field<bool>(object, "wanted"),        field<std::string>(object, "user"),
          field<Texts>(object, "capabilities"), field<int>(object, "landlock"),
          field<Texts>(object, "reads"),        field<Texts>(object, "sockets")};
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
  std::string all;
  for (const auto& known : names) all += (all.empty() ? "" : ", ") + std::string(known.second);
  return Error{"'" + std::string(name) +
               "' is not a command of the control protocol; the commands are " + all};
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
  const auto command = parse_control_command(field<std::string>(*object, "command"));
  if (!command) return command.error();
  ControlRequest request{*command, field<std::string>(*object, "argument")};
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
  return line(json::object{{"listeners", array_of(rows)}, {"confinement", to_json(confinement)}});
}

std::string control_sessions_line(std::span<const SessionRow> rows) {
  return line(json::object{{"sessions", array_of(rows)}});
}

std::string control_status_line(const ServerStatus& status) {
  return line(json::object{{"pid", status.pid},
                           {"version", status.version},
                           {"workers", status.workers},
                           {"private", status.private_network},
                           {"uptime_seconds", status.uptime_seconds},
                           {"confinement", to_json(status.confinement)}});
}

std::string control_done_line(std::string_view sentence) {
  return line(json::object{{"done", sentence}});
}

std::string control_done_line(std::string_view sentence, std::span<const ListenerRow> rows) {
  return line(json::object{{"done", sentence}, {"listeners", array_of(rows)}});
}

std::string control_error_line(std::string_view sentence) {
  return line(json::object{{"error", sentence}});
}

Result<ControlReply> parse_control_reply(std::string_view text) try {
  const auto object = parse_object(text);
  if (!object) return object.error();
  if (const auto error = field<std::string>(*object, "error"); !error.empty()) return Error{error};
  ControlReply reply;
  reply.done = field<std::string>(*object, "done");
  auto listeners = rows_in(*object, "listeners", listener_from_json);
  if (!listeners) return listeners.error();
  reply.listeners = std::move(*listeners);
  auto sessions = rows_in(*object, "sessions", session_from_json);
  if (!sessions) return sessions.error();
  reply.sessions = std::move(*sessions);
  reply.status.pid = field<std::int64_t>(*object, "pid");
  reply.status.version = field<std::string>(*object, "version");
  reply.status.workers = field<int>(*object, "workers");
  reply.status.private_network = field<bool>(*object, "private");
  reply.status.uptime_seconds = field<double>(*object, "uptime_seconds");
  reply.status.confinement = confinement_in(*object);
  return reply;
} catch (const std::exception&) {
  return Error{"this line is not a reply of the control protocol"};
}

}  // namespace portlab
