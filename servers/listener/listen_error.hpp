#pragma once
// Why a listener could not be opened, closed or moved: facts only. The program that shows an error
// composes the sentence and the advice (servers/daemon/listen_advice.hpp).

#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/endpoint.hpp"
#include "common/session_row.hpp"

namespace portlab {

struct ListenError {
  enum class Reason : std::uint8_t {
    system,               ///< the system refused `endpoint`: `error_number`
    own_listener,         ///< a listener of this server, `open`, overlaps with `endpoint`
    unknown_service,      ///< no service is called `service`
    wrong_transport,      ///< `service` does not speak the transport of `endpoint`
    port_out_of_range,    ///< the default port of `service` plus the shift is beyond 65535
    argument_missing,     ///< `service` needs an argument
    argument_unexpected,  ///< `service` takes no argument
    argument_wrong,       ///< `detail` says why `service` can't use its argument
    not_open,             ///< close, move: no listener of `service` matches; `open` has them all
    no_target_port,       ///< move: no port was given
    several_open,         ///< move: `open` has the listeners of `service`, none at its default port
    stopping,             ///< the server is stopping
  };

  Reason reason = Reason::system;
  std::string service;
  Endpoint endpoint;
  std::string detail{};               ///< argument_wrong
  int error_number = 0;               ///< an errno of socket(2), bind(2) or listen(2)
  std::vector<ListenerRow> open;      ///< own_listener, not_open, several_open: the listeners
  std::vector<std::string> services;  ///< unknown_service: the services that there are
};

/// For ListenResult::value(): throws std::runtime_error.
[[noreturn]] inline void throw_exception_from_error(const ListenError& error,
                                                    const boost::source_location&) {
  throw std::runtime_error("listen " + error.service + " " + error.endpoint.to_string() +
                           ": reason " + std::to_string(static_cast<int>(error.reason)) +
                           ", errno " + std::to_string(error.error_number));
}

template <class T>
using ListenResult = boost::system::result<T, ListenError>;

}  // namespace portlab
