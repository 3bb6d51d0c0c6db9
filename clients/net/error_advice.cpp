#include "clients/net/error_advice.hpp"

#include <cerrno>

#include "clients/net/local_server.hpp"
#include "clients/net/port_owner.hpp"

namespace portlab {

namespace {

/// "127.0.0.1:8080, where your portlabd has http", "portlab enter (…)", or nothing.
std::string service_elsewhere(const Endpoint& refused) {
  if (local_server() == nullptr) return {};
  if (!local_server()->here) return enter_advice();
  for (const auto& row : local_server()->listeners) {
    auto where = row.endpoint;
    if (where.transport != refused.transport || row.default_port != refused.port ||
        where.port == refused.port)
      continue;
    if (where.address.is_unspecified()) where.address = refused.address;
    return where.address_and_port() + ", where your portlabd has " + row.service;
  }
  return {};
}

}  // namespace

void add_local_advice(SystemError& error) {
  const auto& endpoint = error.endpoint;
  if (error.operation == Operation::choosing_source && error.error == EADDRINUSE)
    error.port_owner = port_owner(endpoint.transport, endpoint.port);
  if (error.operation != Operation::choosing_source && error.error == ECONNREFUSED &&
      endpoint.transport != Transport::local && endpoint.address.is_loopback())
    error.elsewhere = service_elsewhere(endpoint);
}

std::string enter_advice() {
  return "portlab enter (your portlabd is in a private network, which has its own 127.0.0.1)";
}

}  // namespace portlab
