#pragma once
// A private network: a user namespace and a network namespace (namespaces(7)). All its ports are
// free, also those below 1024, and it ends with its last process. It needs no root. Names are those of
// its own name server (private_names.hpp), where this system allows that.

#include <cstdint>
#include <optional>

#include "common/result.hpp"

namespace portlab {

/// Whether this process could enter a private network. Tried in a child process, because a
/// namespace can't be left again. The error names the setting of this machine that forbids it.
Result<void> private_network_possible();

/// Moves this process, and the processes that it starts afterwards, into a new private network with
/// the loopback interface up (127.0.0.0/8 and ::1). The user stays the same, and ports below 1024
/// may be bound. To be called before any thread is started. After an error nothing has changed.
Result<void> enter_private_network();

/// Moves this process into the network namespace of another process, with that one's capabilities
/// for the network. It must be a process of the same user; root may join any. To be called before
/// any thread is started.
Result<void> join_network_of(std::int64_t pid);

/// Whether both processes are in the same network namespace (network_namespaces(7)). Nothing where
/// /proc does not show it, as for a process with more privileges.
std::optional<bool> shares_network_with(std::int64_t pid);

}  // namespace portlab
