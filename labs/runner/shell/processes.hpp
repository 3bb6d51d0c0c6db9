#pragma once
// What a lab's shell has started and left running: found by the kernel's own table, and ended.

#include <sys/types.h>

namespace portlab::labs {

/// From now on, whoever loses its parent below this process becomes its child.
void adopt_orphans();

/// Ends every child that this process still has, and theirs that become its children thereby.
void end_children();

/// Ends every process of a session (setsid(2)).
void end_session(pid_t session);

}  // namespace portlab::labs
