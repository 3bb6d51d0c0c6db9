#pragma once
// Names in a private network: its programs ask the name server of that network, as everywhere through
// /etc/resolv.conf, which is another file in a mount namespace (mount_namespaces(7)).

#include <cstdint>

#include "common/system/namespace_steps.hpp"

namespace portlab {

/// Moves this process into a new mount namespace in which the name server is 127.0.0.1 (resolv.conf(5)),
/// and names are looked up in /etc/hosts and DNS alone (nsswitch.conf(5)). Needs CAP_SYS_ADMIN.
/// After an error names are looked up as before.
StepOutcome use_own_name_server();

/// Moves this process into the mount namespace of another process, where that one has the same root.
/// Needs CAP_SYS_ADMIN and CAP_SYS_CHROOT. The working folder stays.
StepOutcome join_names_of(std::int64_t pid);

}  // namespace portlab
