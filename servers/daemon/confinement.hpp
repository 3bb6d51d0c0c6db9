#pragma once
// What portlabd drops once its listeners are open, so that an attacker who takes control of the
// process can do little with it: root's privileges, all files but those that it serves, and the
// system calls that a server does not need.
//
//   started by root:  open the listeners -> Landlock -> change user -> capabilities -> seccomp
//   else:             open the listeners -> Landlock ----------------> capabilities -> seccomp
//
// README.md in this folder says what this protects from, and what not.

#include <optional>
#include <string>
#include <vector>

#include "common/control_protocol.hpp"
#include "common/result.hpp"
#include "common/system/privileges.hpp"
#include "servers/daemon/settings.hpp"
#include "servers/listener/log.hpp"

namespace portlab {

/// The user that portlabd changes to when root starts it: --user, else the user who called sudo,
/// else nobody. Nothing: it does not change its user. The error is about --user.
Result<std::optional<User>> user_to_change_to(const Settings& settings);

/// The user whose requests the control socket accepts, beside root's: the user who called sudo, or
/// the one who started portlabd.
User control_socket_owner(const Settings& settings);

/// Restricts this process for good, and reports the restrictions. `files` stay readable, because
/// SIGHUP reads them again, and so do the other files of their folders. To be called once, before any
/// other thread is started. Throws std::runtime_error "what: why: what to do" where a restriction
/// fails, or where the restricted process could not read the root that it must serve.
Confinement confine(const Settings& settings, const std::vector<std::string>& files,
                    std::optional<User> user, Log& log);

}  // namespace portlab
