#pragma once
// The probes of portlab why: each looks up one thing on this machine. A probe returns nothing where
// it does not apply.

#include <optional>

#include "clients/why/findings.hpp"

namespace portlab {

/// Looks up one thing.
using Probe = std::optional<Finding>(const Context& context);

// The kernel's socket table: socket_probes.cpp.

Probe find_listener;           ///< the listener at the target
Probe find_same_port;          ///< listeners with the same port at another address or transport
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

}  // namespace portlab
