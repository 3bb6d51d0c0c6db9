#include "servers/listener/listen_error.hpp"

#include <stdexcept>
#include <system_error>

namespace portlab {

namespace {

std::string cause(const ListenError& error) {
  using Reason = ListenError::Reason;
  switch (error.reason) {
    case Reason::system:
      return std::generic_category().message(error.error_number);
    case Reason::own_listener:
      return "overlaps with a listener of this server";
    case Reason::unknown_service:
      return "unknown service";
    case Reason::wrong_transport:
      return "the service does not speak this transport";
    case Reason::port_out_of_range:
      return "default port plus shift is beyond 65535";
    case Reason::argument_missing:
      return "the service needs an argument";
    case Reason::argument_unexpected:
      return "the service takes no argument";
    case Reason::not_open:
      return "not open";
    case Reason::no_target_port:
      return "no target port";
    case Reason::stopping:
      return "the server is stopping";
  }
  return "unknown reason";
}

}  // namespace

std::string to_string(const ListenError& error) {
  const bool has_endpoint = error.reason == ListenError::Reason::system ||
                            error.reason == ListenError::Reason::own_listener;
  return "listen " + (has_endpoint ? error.endpoint.to_string() : error.service) + ": " +
         cause(error);
}

void throw_exception_from_error(const ListenError& error, const boost::source_location&) {
  throw std::runtime_error(to_string(error));
}

}  // namespace portlab
