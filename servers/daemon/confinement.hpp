#pragma once
// What portlabd gives up once its listeners are open, so that whoever got hold of it would hold
// little: root's rights (all but the one for low ports), all of the file system but what it serves,
// and the system calls for which a server has no use.
//
//   as root: open the listeners -> the sweeper -> become a user -> Landlock, capabilities, seccomp
//   anybody else:                                                  Landlock, capabilities, seccomp

#include <optional>
#include <string>
#include <vector>

#include "common/control_protocol.hpp"
#include "common/result.hpp"
#include "common/system/privileges.hpp"
#include "servers/daemon/settings.hpp"
#include "servers/listener/log.hpp"

namespace portlab {

/// Whom portlabd becomes when root started it: --user, who called sudo, or nobody. Nothing: it
/// stays who it is. The error is about --user.
Result<std::optional<User>> user_to_become(const Settings& settings);

/// Whom its control socket obeys, beside root: who called sudo, or who started it.
User owner_of_control(const Settings& settings);

/// Confines this process for good, and says in which walls it is now. Before any other thread is
/// started. Throws std::runtime_error "what: why: what to do" where it could serve nobody behind
/// them.
Confinement confine(const Settings& settings, const std::optional<User>& user, Log& log);

/// Takes up, while it lives, what is kept for reading the configuration and the zone again, where
/// this user may not.
class ReloadPrivilege {
 public:
  ReloadPrivilege();
  ~ReloadPrivilege();
  ReloadPrivilege(const ReloadPrivilege&) = delete;
  ReloadPrivilege& operator=(const ReloadPrivilege&) = delete;

 private:
  const Capabilities before_;
};

/// False: something is there, and this process may not open it.
bool can_open(const std::string& path);

}  // namespace portlab
