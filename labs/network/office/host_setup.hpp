#pragma once
// The namespaces of the hosts, and their mounts. Called by the first process of the office, in this
// order. All functions throw a CommandError.
//
// Mounts: a tmpfs at /etc/portlab-office has all files of the office. Its mount point is a folder of an
// overlay (the kernel's overlayfs) over /etc, which also has files where a system may have links or
// none: resolv.conf, hosts, hostname, nsswitch.conf. Each host mounts its own file on them.

#include "labs/network/office/office_plan.hpp"
#include "labs/network/office/running_office.hpp"

namespace portlab::office {

/// Moves this process into a new mount, network and UTS namespace with those mounts, and notes the
/// user and PID namespace in `office`.
void make_first_namespaces(RunningOffice& office);

/// Makes a host. This process is afterwards in the namespaces in which it was before.
HostNamespaces make_host(const Host& host, const RunningOffice& office);

/// Runs the commands of the plan. `verbose`: prints each on stderr, as "pc1$ ip …".
void connect_hosts(RunningOffice& office, bool verbose);

}  // namespace portlab::office
