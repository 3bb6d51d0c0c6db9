#pragma once
// Landlock (landlock(7)): a process restricts its own access to files, for good. It needs no root.

#include <cstdint>
#include <span>
#include <string>

#include "common/result.hpp"

namespace portlab {

enum class FileAccess : std::uint8_t {
  read,     ///< open files and list folders
  sockets,  ///< make Unix sockets, and remove files
};

/// The access that stays allowed to a path and to everything below it.
struct FileRule {
  std::string path;
  FileAccess access = FileAccess::read;
};

/// The version of Landlock's interface in this kernel; 0: it has none, or it is switched off.
int landlock_version();

/// Forbids this thread, and the threads and processes that it starts afterwards, all access to
/// files except by these rules. Files that are open stay usable. A rule for a missing path allows
/// nothing. From version 6 on, signals to other processes are forbidden, too. To be called after
/// set_no_new_privileges(). After an error, nothing is forbidden.
Result<void> restrict_files_to(std::span<const FileRule> rules);

}  // namespace portlab
