#include "servers/daemon/listen_advice.hpp"

#include <cerrno>
#include <system_error>

#include "common/known_services.hpp"
#include "common/port.hpp"
#include "common/system/port_settings.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

using Reason = ListenError::Reason;

std::string why_command(const std::string& name, const Endpoint& endpoint) {
  const bool udp = endpoint.transport == Transport::udp;
  return "portlab why " + name + " " + endpoint.address_and_port() + (udp ? "/udp" : "");
}

std::string names_of(const std::vector<ListenerRow>& listeners) {
  return join(listeners, ", ", [](const ListenerRow& row) {
    return row.service + " on " + row.endpoint.to_string();
  });
}

/// What is to be written behind the port.
std::string argument_of(const std::string& service) {
  const auto* known = find_known_service(service);
  return std::string(known == nullptr ? "ARGUMENT" : known->argument);
}

/// How to write this listener: "portlabd forward=8080:HOST:PORT".
std::string example_of(const std::string& service, const Endpoint& endpoint) {
  const auto port = endpoint.port == 0 ? "PORT" : std::to_string(endpoint.port);
  const bool udp = endpoint.transport == Transport::udp;
  return "portlabd " + service + (udp ? "/udp" : "") + "=" + port + ":" + argument_of(service);
}

ListenAdvice unix_socket_advice(int error, const std::string& head) {
  switch (error) {
    case EACCES:
      return {head + "permission denied",
              {"a portlabd that runs makes sockets only beside its control socket"},
              {"a path in a folder of your own"}};
    case EADDRINUSE:
      return {head + "in use",
              {"another portlabd answers there"},
              {"portlab server stop (ends the other one)",
               "--control PATH (another place for this one's control socket)"}};
    default:
      return {head + std::generic_category().message(error)};
  }
}

ListenAdvice system_advice(const ListenError& error) {
  const auto head = "cannot listen on " + error.endpoint.to_string() + ": ";
  if (error.endpoint.transport == Transport::local)
    return unix_socket_advice(error.error_number, head);
  switch (error.error_number) {
    case EACCES:
      return {head + "permission denied",
              {"on this machine a port below " + std::to_string(first_unprivileged_port()) +
               " needs privilege (net.ipv4.ip_unprivileged_port_start)"},
              {"--shift 8000 (every port + 8000)", "--private (a network of your own)"},
              why_command("denied", error.endpoint)};
    case EADDRINUSE:
      return {head + "address already in use",
              {"another program, or an earlier portlabd, listens there",
               "or a session is in TIME_WAIT, and SO_REUSEADDR is off"},
              {"portlab server stop (ends your portlabd)", "ss -tulpn (names other programs)",
               "another port"},
              why_command("in-use", error.endpoint)};
    case EADDRNOTAVAIL:
      return {head + "no interface of this machine has that address",
              {},
              {"127.0.0.1", "0.0.0.0 (all interfaces)"}};
    case EAFNOSUPPORT:
      return {head + "this machine does not support that address family"};
    default:
      return {head + std::generic_category().message(error.error_number)};
  }
}

}  // namespace

ListenAdvice listen_advice(const ListenError& error) {
  const auto& service = error.service;
  switch (error.reason) {
    case Reason::system:
      return system_advice(error);
    case Reason::own_listener:
      return {"cannot listen on " + error.endpoint.to_string() +
                  ": already in use by this server: " + names_of(error.open),
              {},
              {"another port", "close that listener first"}};
    case Reason::unknown_service:
      return {"there is no service '" + service + "'",
              {"the services are " + join(error.services, ", ")}};
    case Reason::wrong_transport:
      return {service + " does not speak " + std::string(to_string(error.endpoint.transport)),
              {},
              {service + " (on the transports that it speaks)"}};
    case Reason::port_out_of_range:
      return {
          service + ": its default port plus the shift is beyond 65535", {}, {"a smaller --shift"}};
    case Reason::argument_missing:
      return {service + " needs an argument: " + service + "=PORT:" + argument_of(service),
              {},
              {example_of(service, error.endpoint)}};
    case Reason::argument_unexpected:
      return {service + " takes no argument", {}, {service + "=PORT"}};
    case Reason::argument_wrong:
      return {service + ": " + error.detail, {}, {example_of(service, error.endpoint)}};
    case Reason::not_open:
      return {service + " is not open there",
              {error.open.empty() ? "nothing is open" : "open are " + names_of(error.open)}};
    case Reason::no_target_port:
      return {service + ": the port to move to is missing", {}, {service + "=PORT"}};
    case Reason::several_open:
      return {service + " listens in more than one place",
              {names_of(error.open), service + ":PORT=PORT says which one moves"}};
    case Reason::stopping:
      return {"the server is stopping: its listeners can't be changed any more"};
  }
  return {};
}

std::string listen_advice_lines(const ListenError& error) {
  const auto advice = listen_advice(error);
  std::string text = advice.problem;
  for (const auto& cause : advice.causes) text += "\n  " + cause;
  for (const auto& attempt : advice.tries) text += "\n  try: " + attempt;
  if (!advice.why.empty()) text += "\n  why: " + advice.why;
  return text;
}

std::string listen_problem_line(const ListenError& error) {
  const auto advice = listen_advice(error);
  return advice.problem + (advice.causes.empty() ? "" : ": " + join(advice.causes, ", "));
}

std::string listen_advice_line(const ListenError& error) {
  const auto advice = listen_advice(error);
  return listen_problem_line(error) +
         (advice.tries.empty() ? "" : ": try " + join(advice.tries, ", or "));
}

}  // namespace portlab
