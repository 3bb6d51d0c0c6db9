#pragma once
// What can be seen of a running office: the socket tables of all hosts, the router's table of
// connections, and the forwarded ports; with names for the services.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/netstat/endpoint_names.hpp"
#include "labs/network/office/conntrack.hpp"
#include "labs/network/office/office_sessions.hpp"
#include "labs/network/office/port_forwards.hpp"
#include "labs/network/office/running_office.hpp"
#include "labs/network/office/socket_programs.hpp"

namespace portlab::office {

struct OfficeView {
  std::string office;  ///< its name
  OfficeTables tables;
  std::vector<TrackedConnection> tracked;
  std::vector<PortForward> forwards;
  std::vector<std::string> problems;                ///< what could not be read, in sentences
  std::map<std::string, ServiceNames> names;        ///< by host
  std::map<std::uint32_t, SocketProgram> programs;  ///< of the listeners, by inode
  /// The services of the extra servers, which may have been moved, by host and TCP port.
  std::map<std::pair<std::string, std::uint16_t>, std::string_view> extra_services;

  /// The program of a listener; null: unknown.
  const SocketProgram* program(const OfficeListener& listener) const;
  /// The service of a listener or session: "http"; empty: unknown. That of
  /// an extra server does not change with its port.
  std::string service(const OfficeListener& listener) const;
  std::string service(const OfficeSession& session) const;
  /// The default port of the service at this port of the host, where it has moved from there; nothing:
  /// it has not, or this is unknown.
  std::optional<std::uint16_t> default_port(const std::string& host, Transport transport,
                                            std::uint16_t port) const;
};

/// Reads everything. Moves this process through the networks of the hosts; it ends in one of them.
/// After join_user_namespace(). Throws a CommandError where it cannot.
OfficeView look_at(const RunningOffice& office);

/// A command as the student has to type it here: "portlab office map", or, outside of an office with
/// another name, "portlab office --name class map".
std::string office_command(const std::string& office_name, const std::string& words);

/// The name of the host with this address; empty: none.
std::string host_name_of(const SocketEnd& end);

}  // namespace portlab::office
