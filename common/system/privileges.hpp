#pragma once
// Who a process is, and what it may do beyond that: users (credentials(7)) and capabilities
// (capabilities(7)).

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace portlab {

struct User {
  uid_t id = 0;
  gid_t group = 0;
  std::string name;  ///< "uid 1234" where the system has no name
};

/// By name or number.
Result<User> find_user(const std::string& name_or_number);
/// Who called sudo, pkexec or doas to start this; nobody did, or root itself: nothing.
std::optional<User> who_called_sudo();
/// The user for what needs no rights.
User user_nobody();
/// The user whose rights this process has.
User effective_user();

/// Whether a process here can become this user at all: a user namespace (user_namespaces(7)) knows
/// those that are mapped into it, often only one.
bool is_known_here(const User& user);

/// Becomes this user, with the user's own group and no others (they open docker's socket, disks …).
/// The permitted capabilities stay, the effective ones are gone. The error says why the process is
/// who it was.
Result<void> become(const User& user);

/// For good: no program that is executed from now on gains privileges by it. False: the kernel
/// refused.
bool refuse_new_privileges();

/// A set of capabilities: a bit each, as in CapPrm of proc(5).
using Capabilities = std::uint64_t;
constexpr Capabilities cap_dac_override = Capabilities{1} << 1;  ///< CAP_DAC_OVERRIDE
constexpr Capabilities cap_dac_read_search = Capabilities{1} << 2;
constexpr Capabilities cap_net_bind_service = Capabilities{1} << 10;
constexpr Capabilities all_capabilities = ~Capabilities{0};

/// This thread's permitted capabilities.
Capabilities permitted_capabilities();
/// This thread's effective capabilities.
Capabilities effective_capabilities();
/// Keeps of the permitted ones only these, for good, and makes of them those effective. False: the
/// kernel refused.
bool keep_capabilities(Capabilities permitted, Capabilities effective);
/// "CAP_NET_BIND_SERVICE", …; one without a name here as its number.
std::vector<std::string> names_of(Capabilities set);

}  // namespace portlab
