#pragma once
// The single facts of portlab why. Each is nothing where it does not apply.

#include <optional>

#include "clients/why/facts.hpp"

namespace portlab {

/// Looks up one fact.
using FactLookup = std::optional<Fact>(const Context& context);

// The session table: sockets.cpp.

FactLookup listens_there;   ///< who waits at the place
FactLookup listens_beside;  ///< who has the same port at another address, or of the other transport
FactLookup nearest_listeners;  ///< where nobody waits at the place: who waits nearby
FactLookup all_listeners;      ///< where no port was given: who waits at all
FactLookup queue_of_listener;  ///< how many sessions wait to be accepted there
FactLookup sessions_there;     ///< how many sessions there are with the place
FactLookup time_wait;          ///< how many 4-tuples with this port are kept for late packets
FactLookup service_elsewhere;  ///< where portlabd has the service that is at home there

// The rules and the network of this machine: network.cpp.

FactLookup resolved_name;    ///< which address the name has
FactLookup whose_address;    ///< this machine's, or another's
FactLookup route_there;      ///< the source address and interface that the kernel would take
FactLookup this_network;     ///< a private one? which addresses?
FactLookup ipv6_here;        ///< whether there is IPv6
FactLookup name_servers;     ///< who is asked for names
FactLookup connect_timeout;  ///< how long the kernel itself would try to connect
FactLookup may_listen;       ///< whether this user may bind the port
FactLookup low_ports;        ///< which ports this user may bind
FactLookup client_ports;     ///< the ephemeral range
FactLookup descriptors;      ///< the limit of open files
FactLookup registered;       ///< what IANA registered there
FactLookup socket_file;      ///< what is at a Unix socket's path
FactLookup control_socket;   ///< where the clients look for a portlabd

/// The listener that a call to this endpoint meets; null where none waits there. An unspecified
/// address (0.0.0.0) meets any.
const SocketRow* listener_at(const Context& context, const Endpoint& endpoint);

/// Whether the address is this machine's: loopback, an interface's, or all of them.
bool is_own(const asio::ip::address& address);

}  // namespace portlab
