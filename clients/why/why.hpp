#pragma once
// The parts of portlab why.
//
//   error_message.cpp, why_target.cpp: read the error and the target → meaning.cpp: what the error means → findings.cpp: what the
//   probes find (socket_probes.cpp, system_probes.cpp) → suggestions.cpp: what to do next
//
// Nothing is sent to the target, except by look.cpp: it connects to a target that is given without
// an error, and to a listener of this machine that refused. For a name, a name server is queried.

#include <boost/json/object.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/net_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/net/socket_row.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// A target as it was written, and its address.
struct WhyTarget {
  std::string host;                  ///< as it was written; empty for a Unix socket
  std::optional<Endpoint> endpoint;  ///< port 0: none was given. Nothing: the host has no address
  std::string no_address;            ///< the resolver's error, when there is no endpoint
};

/// Reads HOST, HOST:PORT, HOST:PORT/udp, "udp HOST:PORT", :PORT, PORT, a URL, or a path; looks up a
/// name. Throws a CommandError (exit status 2) for anything else.
WhyTarget read_why_target(const CommandLine& line, const std::vector<std::string>& words);

/// A paragraph about an error, and its label: "tcp", "udp", "not" (an error that it is confused with).
struct Paragraph {
  NetError net_error;
  std::string_view label;
  std::string_view text;
};

/// The paragraphs about this error; at least one.
std::span<const Paragraph> meaning_of(NetError net_error);

/// What one probe found.
struct Finding {
  std::string label;         ///< "listens"
  std::string text;          ///< one or two sentences
  boost::json::object data;  ///< the same for programs; may be empty
};

/// What a connection to a tcp endpoint showed.
struct Look {
  int error = 0;            ///< an errno; 0: connected
  std::string first_bytes;  ///< what the server sent without being asked
  bool closed = false;      ///< it closed at once, without sending
};

/// Connects, receives what comes at once, and closes.
Look look_at(const Endpoint& endpoint);

/// What the server sent at once.
Finding first_bytes_finding(const Look& look);

/// What the probes look at: the error, its target, and the socket table.
struct Context {
  NetError net_error = NetError::refused;
  std::optional<WhyTarget> target;  ///< nothing: none was given
  std::vector<SocketRow> sockets;   ///< of this network
  std::string no_tcp;               ///< why the table has no rows of tcp; empty: it has them
  std::string no_udp;               ///< the same for udp
  bool from_proc = false;           ///< read from /proc/net, which has no limit of the accept queue

  /// The target, if it has an address; null otherwise, and for Unix sockets.
  const Endpoint* address() const;
  /// The target, if it has an address and a port; else null.
  const Endpoint* port() const;
  /// Whether the listeners and sessions of this transport are known.
  bool knows(Transport transport) const {
    return (transport == Transport::udp ? no_udp : no_tcp).empty();
  }
};

/// Reads the socket table.
Context gather_context(NetError net_error, std::optional<WhyTarget> target);

/// What the probes for this error found, in the order in which it is shown.
std::vector<Finding> findings_of(const Context& context);

/// What the probes find about the open ports of this machine.
std::vector<Finding> findings_about_open_ports(const Context& context);

/// What the probes find about a target that answers.
std::vector<Finding> findings_about_listener(const Context& context);

// The probes: each looks up one thing on this machine, and returns nothing where it does not apply.

using Probe = std::optional<Finding>(const Context& context);

// The kernel's socket table: socket_probes.cpp.

Probe find_listener;           ///< the listener at the target
Probe find_same_port;          ///< listeners with the same port at another address or transport
Probe check_connection;        ///< whether the listener that is there refuses
Probe find_nearest_listeners;  ///< without a listener at the target: those with the nearest ports
Probe find_all_listeners;      ///< without a port: all listeners
Probe find_accept_queue;       ///< how many sessions wait for accept(2) there
Probe count_sessions;          ///< how many sessions this machine has with the target
Probe count_time_wait;         ///< how many sessions with this port are in TIME_WAIT
Probe find_moved_service;      ///< where portlabd has the service whose default port this is

// The settings and the network of this machine: system_probes.cpp.

Probe find_address;             ///< which address the name has
Probe classify_address;         ///< of this machine, of another, broadcast …
Probe find_route;               ///< the source address and interface that the kernel takes
Probe describe_network;         ///< whether it is private, and its addresses
Probe check_ipv6;               ///< whether there is IPv6
Probe find_name_servers;        ///< the servers that resolve names
Probe find_connect_timeout;     ///< after which time the kernel's own connect(2) fails
Probe check_bind;               ///< whether this user may bind the port
Probe find_privileged_ports;    ///< which ports this user may bind
Probe find_ephemeral_range;     ///< the ephemeral range
Probe find_descriptor_limit;    ///< the limit of open files
Probe find_registered_service;  ///< the service that IANA registered for the port
Probe check_socket_file;        ///< the file at a Unix socket's path
Probe check_control_socket;     ///< the path of portlabd's control socket

/// The listener that a packet to this endpoint reaches; null when there is none. For an unspecified
/// address (0.0.0.0), any listener with this port.
const SocketRow* listener_at(const Context& context, const Endpoint& endpoint);

/// Whether the address is loopback, unspecified, or that of an interface of this machine.
bool is_own_address(const asio::ip::address& address);

/// A command line, and what it shows or does.
struct Suggestion {
  std::string command;
  std::string shows;
};

/// One to three commands, the best first.
std::vector<Suggestion> suggestions(const Context& context);
/// The same for the open ports of this machine.
std::vector<Suggestion> suggestions_about_open_ports();

}  // namespace portlab
