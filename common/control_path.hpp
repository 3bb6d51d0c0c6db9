#pragma once
// The path of the control socket (common/control_protocol.hpp). Only its owner and root may use it:
// mode 0600, in a folder that no other user can write to.

#include <cstdint>
#include <string>

#include "common/result.hpp"

namespace portlab {

/// The path without --control: $PORTLAB_CONTROL; else $XDG_RUNTIME_DIR/portlab/control if this user
/// owns that folder; else /run/portlab/control for root (if it may write there), and
/// /tmp/portlab-UID/control for all other users.
std::string default_control_path();

/// The path at which a client expects a server: its own default path; if there is no file, the path
/// of a server that this user started with sudo.
std::string find_control_path();

/// The file beside the socket in which a portlabd of a private network keeps the certificate of the
/// authority that it made, for the programs in that network.
std::string authority_path_beside(const std::string& control_path);

/// Which user connects to the socket.
enum class ControlAccess : std::uint8_t {
  this_user,
  other_user,  ///< root makes the socket, for the user who called sudo
};

/// For a server, before it binds: makes the socket's folder where it is missing (mode 0700, or 0711
/// for another user), and checks that it is a folder and no link, that this user or root owns it,
/// and that no other user can write to it (sticky folders such as /tmp are allowed). The error is
/// "what: why: what to do".
Result<void> prepare_control_folder(const std::string& path,
                                    ControlAccess access = ControlAccess::this_user);

/// Whether only root can replace the file at this path: root owns all folders of the path, and no
/// other user can write to them, or they are sticky.
bool only_root_can_replace(const std::string& path);

/// For a client, before it connects: the same checks; makes nothing. Root may use the folders of all
/// users.
Result<void> check_control_folder(const std::string& path);

}  // namespace portlab
