#pragma once
// The user of a process (credentials(7)) and its capabilities (capabilities(7)).

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace portlab {

/// An entry of passwd(5).
struct User {
  uid_t id = 0;
  gid_t group = 0;
  std::string name;  ///< "uid 1234" where passwd(5) has no name
};

/// Finds a user by name or number. A number needs no entry in passwd(5).
Result<User> find_user(const std::string& name_or_number);
/// The user who started this process by sudo(8), pkexec(1) or doas(1); nothing where there is none,
/// or where it is root.
std::optional<User> sudo_caller();
/// The user nobody, which owns no files.
User nobody_user();
/// The effective user of this process.
User effective_user();

/// Whether a process of this user namespace can change to this user: only users that are mapped
/// into a namespace exist in it (user_namespaces(7)).
bool is_mapped(const User& user);

/// Changes this process to the user, to the user's own group, and to no other groups: those open
/// disks, Docker's socket, and more. The permitted capabilities stay, the effective ones are
/// cleared. After an error the process has its old user.
Result<void> change_user(const User& user);

/// Makes sure, for good, that no program executed from now on has more privileges than this process
/// (PR_SET_NO_NEW_PRIVS, prctl(2)). False where the kernel refuses.
bool set_no_new_privileges();

/// A set of capabilities, one bit each, as in CapPrm of proc(5).
using Capabilities = std::uint64_t;
constexpr Capabilities cap_net_bind_service = Capabilities{1} << 10;  ///< CAP_NET_BIND_SERVICE

/// The permitted capabilities of this thread.
Capabilities permitted_capabilities();
/// The effective capabilities of this thread.
Capabilities effective_capabilities();
/// Drops, for good, the permitted capabilities that are not in `permitted`. Of those that are left,
/// the ones in `effective` become effective. False where the kernel refuses.
bool limit_capabilities(Capabilities permitted, Capabilities effective);
/// "CAP_NET_BIND_SERVICE"; "capability 21" for all others.
std::vector<std::string> names_of(Capabilities set);

}  // namespace portlab
