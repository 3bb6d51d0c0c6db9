#pragma once
// Port forwarding: a relay in user space (RFC 1919 calls it a classical proxy).

#include "common/system/host_lookup.hpp"
#include "servers/forward/forward_targets.hpp"
#include "servers/listener/service.hpp"

namespace portlab {

/// Relays the sessions and flows of each listener to the target in its argument.
Service make_forward_service(HostLookup look_up = look_up_host);

}  // namespace portlab
