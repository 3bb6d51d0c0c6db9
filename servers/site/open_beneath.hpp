#pragma once
// Opening a path that must stay beneath a folder, whatever symbolic links lie on the way.
//
// Linux 5.6 and newer walk such a path themselves: openat2(2) with RESOLVE_BENEATH. Older kernels
// (and sandboxes that forbid the call) get the same promise from a walk of our own, one component
// at a time. A link that stays beneath is followed; one that leads out, or is absolute, is not.

#include <cstdint>
#include <string>
#include <string_view>

namespace portlab::beneath {

enum class Walk : std::uint8_t {
  kernel,          ///< openat2
  component_wise,  ///< openat with O_NOFOLLOW, link by link
};

/// openat2 where this kernel lets us use it.
Walk best_walk(int root);

/// Opens a relative path (without empty, "." or ".." components; empty: the root itself) beneath
/// `root` with open(2)'s `flags`; O_CLOEXEC is added. A descriptor, or -1 with errno: EXDEV means
/// that the path leads out, ELOOP that it has too many links.
int open(int root, const std::string& path, int flags, Walk walk);

/// The most links that one path may lead through; the kernel's own number (path_resolution(7)).
inline constexpr int links_max = 40;

}  // namespace portlab::beneath
