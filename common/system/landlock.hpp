#pragma once
// Landlock (landlock(7)): a process gives up parts of the file system, for good, without being
// root.

#include <cstdint>
#include <span>
#include <string>

#include "common/result.hpp"

namespace portlab {

enum class Access : std::uint8_t {
  read,     ///< open files and list folders
  sockets,  ///< make Unix sockets, and remove files
};

/// What stays possible at a path and below it.
struct Grant {
  std::string path;
  Access access = Access::read;
};

/// The version of Landlock's interface that this kernel offers; 0: it has none, or it is off.
int landlock_version();

/// Takes everything in the file system but the grants from this thread and all that it starts from
/// now on, and with it signals to other processes. What is open stays open. A path that is not
/// there grants nothing. After refuse_new_privileges(). The error says why nothing has changed.
Result<void> give_up_all_files_but(std::span<const Grant> grants);

}  // namespace portlab
