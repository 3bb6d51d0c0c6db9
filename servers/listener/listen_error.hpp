#pragma once
// Why a listener could not be opened, closed or moved: facts only. The program that shows an error
// composes the sentence and the advice (servers/daemon/listen_advice.hpp).

#include <boost/system/result.hpp>
#include <cstdint>
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
    not_open,             ///< close, move: no listener of `service` matches; `open` has them all
    no_target_port,       ///< move: no port was given
    stopping,             ///< the server is stopping
  };

  Reason reason = Reason::system;
  std::string service;
  Endpoint endpoint;
  int error_number = 0;               ///< an errno of socket(2), bind(2) or listen(2)
  std::vector<ListenerRow> open;      ///< own_listener, not_open: the listeners that there are
  std::vector<std::string> services;  ///< unknown_service: the services that there are
};

/// The reason as one short line: "listen tcp 127.0.0.1:80: Permission denied". For logs and tests.
std::string to_string(const ListenError& error);

/// Result::value() throws it as std::runtime_error, with to_string() as its text.
[[noreturn]] void throw_exception_from_error(const ListenError& error,
                                             const boost::source_location& where);

template <class T>
using ListenResult = boost::system::result<T, ListenError>;

}  // namespace portlab
