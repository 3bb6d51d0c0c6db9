#pragma once
// Opening a file by its path below a folder, and never outside of it.

#include <string>

namespace portlab {

/// Opens a normal path (normal_path) below the folder `root`, with the flags of open(2). A descriptor,
/// or -1 with errno. The kernel follows the path by openat2(2) with RESOLVE_BENEATH: a symbolic link
/// that leads out of the folder, or that is absolute, is refused. Where there is no openat2(2) (before
/// Linux 5.6; a service of systemd with DynamicUser or RestrictSUIDSGID), as open_without_links.
int open_beneath(int root, const std::string& path, int flags);

/// The same name by name (openat(2) with O_NOFOLLOW): no symbolic link is followed at all.
int open_without_links(int root, const std::string& path, int flags);

}  // namespace portlab
