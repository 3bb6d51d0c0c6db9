#include "common/system/namespace_advice.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace portlab {

namespace {

/// A sysctl variable that can forbid namespaces.
struct Setting {
  const char* name;    // below /proc/sys
  const char* sysctl;  // as sysctl(8) writes it
  const char* forbidding;
  const char* allowing;
  const char* reason;
};

constexpr const char* apparmor_setting = "kernel/apparmor_restrict_unprivileged_userns";

// The most specific one first.
constexpr Setting settings[] = {
    {"kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", "0", "1",
     "a hardened Debian kernel"},
    {apparmor_setting, "kernel.apparmor_restrict_unprivileged_userns", "1", "0",
     "the default of Ubuntu since 24.04"},
    {"user/max_user_namespaces", "user.max_user_namespaces", "0", "10000", "no namespace at all"},
    {"user/max_net_namespaces", "user.max_net_namespaces", "0", "10000", "no namespace at all"},
};

}  // namespace

std::string read_setting(const std::string& name) {
  std::ifstream file("/proc/sys/" + name);
  std::string value;
  file >> value;
  return value;
}

Error refused_namespace(const std::string& step, int system_error, const ReadSetting& setting) {
  const auto what = step + ": " + std::generic_category().message(system_error) + ": ";
  for (const auto& each : settings) {
    if (setting(each.name) != each.forbidding) continue;
    return {what + each.sysctl + " is " + each.forbidding + " (" + each.reason + "): sudo sysctl " +
            each.sysctl + "=" + each.allowing};
  }
  switch (system_error) {
    case EPERM:
    case EACCES:
      return {what +
              "this container or sandbox forbids namespaces (Docker does by its seccomp profile): "
              "run it outside, or with --security-opt seccomp=unconfined"};
    case ENOSPC:
    case EUSERS:
      return {what + "there are too many namespaces, or they are nested too deep: see " +
              "user.max_user_namespaces and user.max_net_namespaces"};
    case EINVAL:
    case ENOSYS:
      return {what + "this kernel has no user namespaces (CONFIG_USER_NS)"};
    default:
      return {what + "the system refuses it"};
  }
}

Error explain_refused_namespace(const std::string& step, int system_error,
                                const ReadSetting& setting) {
  return {"a private network: " + refused_namespace(step, system_error, setting).text +
          "; without it: --shift 8000"};
}

std::string apparmor_profile(const std::string& program_folder, const ReadSetting& setting) {
  if (setting(apparmor_setting) != "1") return {};
  return "abi <abi/4.0>,\nprofile portlab \"" + program_folder +
         "/portlab{,d}\" flags=(unconfined) {\n  userns,\n}\n";
}

}  // namespace portlab
