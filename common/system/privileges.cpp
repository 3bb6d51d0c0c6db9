#include "common/system/privileges.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/text.hpp"

namespace portlab {

namespace {

constexpr uid_t nobody_id = 65534;  // of nobody on all common systems

std::optional<uid_t> to_id(std::string_view text) {
  const auto id = parse_decimal<uid_t>(text);
  // The largest number means "no change" to setresuid(2).
  return id == std::numeric_limits<uid_t>::max() ? std::nullopt : id;
}

User user_of(const passwd& entry) { return {entry.pw_uid, entry.pw_gid, entry.pw_name}; }

User user_of(uid_t id) {
  if (const auto* entry = ::getpwuid(id); entry != nullptr) return user_of(*entry);
  return {id, id, "uid " + std::to_string(id)};
}

using CapabilityWords = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

CapabilityWords read_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  CapabilityWords words{};
  ::syscall(SYS_capget, &header, words.data());
  return words;
}

Capabilities join(std::uint32_t low, std::uint32_t high) { return Capabilities{high} << 32 | low; }

Error cannot_change_user(const User& user) {
  return {"cannot change to user " + user.name + ": " + std::generic_category().message(errno)};
}

}  // namespace

Result<User> find_user(const std::string& text) {
  if (const auto* entry = ::getpwnam(text.c_str()); entry != nullptr) return user_of(*entry);
  if (const auto id = to_id(text)) return user_of(*id);
  return Error{"there is no user '" + text + "'"};
}

std::optional<User> sudo_caller() {
  for (const auto* variable : {"SUDO_UID", "PKEXEC_UID", "DOAS_USER"}) {
    const char* value = std::getenv(variable);
    if (value == nullptr) continue;
    auto user = find_user(value);
    if (!user || user->id == 0) continue;
    const char* group = std::getenv("SUDO_GID");  // of a user without an entry in passwd(5)
    if (const auto id = group == nullptr ? std::nullopt : to_id(group)) user->group = *id;
    return *user;
  }
  return std::nullopt;
}

User nobody_user() {
  const auto found = find_user("nobody");
  return found ? *found : User{nobody_id, nobody_id, "nobody"};
}

User effective_user() { return user_of(::geteuid()); }

bool is_mapped(const User& user) {
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t first = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  while (map >> first >> outside >> count)
    if (user.id >= first && user.id - first < count) return true;
  return false;
}

Result<void> change_user(const User& user) {
  const auto group = ::getegid();
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  int death_signal = 0;  // a change of user clears it
  ::prctl(PR_GET_PDEATHSIG, &death_signal);
  const auto parent = ::getppid();
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return cannot_change_user(user);
  // The user last: afterwards the other calls would be forbidden.
  const bool done = ::setgroups(0, nullptr) == 0 &&
                    ::setresgid(user.group, user.group, user.group) == 0 &&
                    ::setresuid(user.id, user.id, user.id) == 0;
  const auto error = cannot_change_user(user);
  if (death_signal != 0) ::prctl(PR_SET_PDEATHSIG, death_signal);
  if (death_signal != 0 && ::getppid() != parent) ::raise(death_signal);
  if (done) return {};
  const bool back = ::setresgid(group, group, group) == 0;
  if (back && count >= 0) ::setgroups(static_cast<std::size_t>(count), groups.data());
  return back ? error : Error{error.text + ", nor back to its group"};
}

bool set_no_new_privileges() { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; }

Capabilities permitted_capabilities() {
  const auto words = read_capabilities();
  return join(words[0].permitted, words[1].permitted);
}

Capabilities effective_capabilities() {
  const auto words = read_capabilities();
  return join(words[0].effective, words[1].effective);
}

bool limit_capabilities(Capabilities permitted, Capabilities effective) {
  permitted &= permitted_capabilities();
  effective &= permitted;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  CapabilityWords words{};
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i].permitted = static_cast<std::uint32_t>(permitted >> (32 * i));
    words[i].effective = static_cast<std::uint32_t>(effective >> (32 * i));
  }
  return ::syscall(SYS_capset, &header, words.data()) == 0;
}

std::vector<std::string> names_of(Capabilities set) {
  std::vector<std::string> names;
  for (unsigned bit = 0; bit < 64; ++bit) {
    const auto capability = Capabilities{1} << bit;
    if ((set & capability) == 0) continue;
    names.push_back(capability == cap_net_bind_service ? "CAP_NET_BIND_SERVICE"
                                                       : "capability " + std::to_string(bit));
  }
  return names;
}

}  // namespace portlab
