#pragma once
// A network of one's own: a user and a network namespace (namespaces(7)), where the ports 21, 53,
// 80 and 83 are free, nothing clashes, and nothing is left behind. No root needed.
//
// This folder is beside common/, not part of it: bringing up the loopback interface takes a socket,
// which common/ may not open. Servers, clients and labs may all include it; it includes common/
// alone.

#include <cstdint>

#include "common/result.hpp"

namespace portlab {

/// Whether this process could have a private network. Tried out in a child process, as a half-made
/// one can't be left again. The error names the setting of this machine that forbids it.
Result<void> private_network_possible();

/// Moves this process, and all that it starts from now on, into a new private network with its
/// loopback interface up (127.0.0.0/8 and ::1). User and files stay who and whose they are; ports
/// below 1024 may be bound. To be called before any thread is started. Either all of it succeeds,
/// or nothing has changed and the error says why.
Result<void> enter_private_network();

/// Moves this process into the network of another one, with the same rights as there. A process of
/// the same user, or any for root. Before any thread is started.
Result<void> join_network_of(std::int64_t pid);

/// Whether that process sees the same network as this one; true also where the system doesn't say.
bool shares_network_with(std::int64_t pid);

}  // namespace portlab
