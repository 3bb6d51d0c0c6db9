#pragma once
// The process at the other end of a Unix socket.

#include <sys/socket.h>

#include <optional>

namespace portlab {

/// Process, user and group of the peer, as they were when it connected (SO_PEERCRED, unix(7)). For
/// a connected Unix stream socket; nothing where the kernel does not say.
inline std::optional<ucred> peer_credentials(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer;
}

}  // namespace portlab
