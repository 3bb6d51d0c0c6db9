#pragma once
// The single facts of portlab why. Each is nothing where it does not apply.

#include <optional>

#include "clients/why/here.hpp"

namespace portlab {

/// Looks up one fact.
using Look = std::optional<Fact>(const Scene& scene);

// The session table: sockets.cpp.

Look listens_there;      ///< who waits at the place
Look listens_beside;     ///< who has the same port at another address, or of the other transport
Look nearest_listeners;  ///< where nobody waits at the place: who waits nearby
Look all_listeners;      ///< where no port was given: who waits at all
Look queue_of_listener;  ///< how many sessions wait to be accepted there
Look sessions_there;     ///< how many sessions there are with the place
Look time_wait;          ///< how many 4-tuples with this port are kept for late packets
Look service_elsewhere;  ///< where portlabd has the service that is at home there

// The rules and the network of this machine: network.cpp.

Look resolved_name;   ///< which address the name has
Look whose_address;   ///< this machine's, or another's
Look way_there;       ///< the source address and interface that the kernel would take
Look this_network;    ///< a private one? which addresses?
Look ipv6_here;       ///< whether there is IPv6
Look name_servers;    ///< who is asked for names
Look patience;        ///< how long the kernel itself would try to connect
Look may_listen;      ///< whether this user may bind the port
Look low_ports;       ///< which ports this user may bind
Look client_ports;    ///< the ephemeral range
Look descriptors;     ///< the limit of open files
Look registered;      ///< what IANA registered there
Look socket_file;     ///< what is at a Unix socket's path
Look control_socket;  ///< where the clients look for a portlabd

/// The listener that a call to this endpoint meets; null where none waits there. An unspecified
/// address (0.0.0.0) meets any.
const SocketRow* listener_at(const Scene& scene, const Endpoint& endpoint);

/// Whether the address is this machine's: loopback, an interface's, or all of them.
bool is_own(const asio::ip::address& address);

}  // namespace portlab
