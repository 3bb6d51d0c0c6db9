#pragma once
// Relays HTTP from a listening socket of one network to the HTTP listener of a portlabd in another: a
// socket belongs to the network namespace in which it was made (network_namespaces(7)), and this
// process makes new ones in its own.
//
//   browser ── tcp 127.0.0.1:40123 ──► this process ── tcp 127.0.0.100:51344 → 127.0.0.1:80 ──► portlabd
//   the user's network                               the network of the lab

#include <functional>

#include "common/endpoint.hpp"
#include "common/system/file_descriptor.hpp"

namespace portlab {

struct RelayPlan {
  FileDescriptor listener{};  ///< in the browser's network
  FileDescriptor office{};   ///< of start_office_observer(), for /api/office; none: it is no office
  FileDescriptor process{};  ///< its end is the end of the relay (pidfd_open(2)); may be none
  /// Where HTTP is now; asked for each request. May throw a CommandError, which the browser gets.
  std::function<Endpoint()> find_http{};
};

/// Serves until the process has ended. Each connection carries one request.
void relay_requests(RelayPlan plan);

}  // namespace portlab
