#pragma once
// What portlabd gives up once its listeners are open, so that whoever got hold of it would hold
// little: root's rights (all but the one for low ports), and all of the file system but what it
// serves.
//
//   as root: open the listeners -> become a user -> Landlock -> drop capabilities
//   anybody else:                                   Landlock -> drop capabilities

#include <optional>
#include <string>
#include <vector>

#include "common/control.hpp"
#include "common/linux/privileges.hpp"
#include "common/result.hpp"
#include "servers/listener/log.hpp"
#include "servers/settings.hpp"

namespace portlab {

/// Whom portlabd becomes when root started it: --user, who called sudo, or nobody. Nothing: it
/// stays who it is. The error is about --user.
Result<std::optional<User>> user_to_become(const Settings& settings);

/// Whom its control socket obeys, beside root: who called sudo, or who started it.
uid_t owner_of_control(const Settings& settings);

/// Confines this process for good, and says in which walls it is now. Before any other thread is
/// started. Throws std::runtime_error "what: why: what to do" where it could serve nobody behind
/// them.
Confinement confine(const Settings& settings, const std::optional<User>& user, Log& log);

/// Whether something that exists may be read from within the walls.
bool can_reach(const Confinement& walls, const std::string& path);

/// Takes up the rights to remove the socket files, where they are kept for that.
void prepare_to_leave();

}  // namespace portlab
