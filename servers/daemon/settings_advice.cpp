#include "servers/daemon/settings_advice.hpp"

#include <string_view>

#include "common/known_services.hpp"
#include "common/port.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

/// The port after "--port=", "-p=" or "-p"; null: there is none.
std::optional<std::string> port_in(const std::string& argument) {
  for (const std::string_view option : {"--port=", "-p=", "-p"})
    if (argument.starts_with(option) && parse_port(argument.substr(option.size())))
      return argument.substr(option.size());
  return std::nullopt;
}

}  // namespace

std::optional<Error> find_port_option(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& each = arguments[i];
    const auto name = each.substr(0, each.find('='));
    const bool has_next = i + 1 < arguments.size();
    if (name.starts_with("--") && find_known_service(name.substr(2)) != nullptr)
      return Error{"there is no option '" + name + "': a service has no dashes\n  try: portlabd " +
                   each.substr(2) + (each == name && has_next ? "=" + arguments[i + 1] : "")};
    const bool takes_next = (each == "-p" || each == "--port") && has_next;
    if (const auto port = takes_next ? std::optional(arguments[i + 1]) : port_in(each))
      return Error{"there is no option '" + name.substr(0, name.starts_with("--") ? name.npos : 2) +
                   "': each service has its own port\n  try: portlabd http=" + *port};
  }
  return std::nullopt;
}

std::string corrected(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) return {};
  for (const std::string transport : {"/tcp", "/udp"})
    if (text.ends_with(transport))
      return text.substr(0, equals) + transport +
             text.substr(equals, text.size() - equals - transport.size());
  const auto service = text.substr(0, equals + 1);
  const auto place = text.substr(equals + 1);
  const std::string name = "localhost:";
  if (place.starts_with(name)) return service + "127.0.0.1:" + place.substr(name.size());
  if (place.starts_with(':') && place.find(':', 1) == std::string::npos)
    return service + place.substr(1);
  const auto colon = place.rfind(':');  // an IPv6 address without brackets
  return place.find(':') < colon && !place.starts_with('[')
             ? service + "[" + place.substr(0, colon) + "]" + place.substr(colon)
             : "";
}

std::string meant_by(const std::string& text, const Settings& before) {
  const std::string program = "portlabd ";
  if (text == "version" || text == "help") return program + "--" + text;
  if (text == "start") return "portlabd";
  if (text == "list" || text == "listeners") return "portlab server listeners";
  if (text == "stop" || text == "status" || text == "move" || text == "sessions")
    return "portlab server " + text;
  const auto& listen = before.listen;
  if (parse_port(text))
    return program + (listen.empty() ? "http" : listen.back().service) + "=" + text;
  const auto equals = text.find('=');
  const auto name = lower_case(text.substr(0, equals));
  const auto value = equals == std::string::npos ? "" : text.substr(equals);
  if (find_known_service(name) != nullptr) return program + name + value;  // HTTP=8080
  if (name == "port") return program + "http" + value;
  if (parse_host_and_port(text) && parse_address(text.substr(0, text.rfind(':'))))
    return program + "http=" + text;
  const auto end = text.find_first_of(": ");
  if (end == std::string::npos || find_known_service(text.substr(0, end)) == nullptr) return {};
  return program + text.substr(0, end) + "=" + text.substr(end + 1);
}

std::string in_a_file(const std::string& error) {
  const std::string advice = "\n  try: portlabd ";
  const auto at = error.find(advice);
  if (at == std::string::npos) return error;
  const auto line = error.substr(at + advice.size());
  const auto equals = line.find('=');
  if (equals == std::string::npos) return error.substr(0, at);
  return error.substr(0, at) + "\n  write: " + line.substr(0, equals) + " = " +
         line.substr(equals + 1);
}

}  // namespace portlab
