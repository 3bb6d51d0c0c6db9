#pragma once
// The cause of a refused private network, and what to do about it. A function of the settings and
// the errno, so that tests can pass those of other machines.

#include <functional>
#include <string>

#include "common/result.hpp"

namespace portlab {

/// Reads a sysctl(8) variable such as "kernel/unprivileged_userns_clone"; empty where there is none.
using ReadSetting = std::function<std::string(const std::string& name)>;

/// Explains why a step (such as "unshare") failed with this errno: "step: why: what to do".
Error refused_namespace(const std::string& step, int system_error, const ReadSetting& setting);
/// The same about a private network, and with what portlabd can do without one.
Error explain_refused_namespace(const std::string& step, int system_error,
                                const ReadSetting& setting);

/// What an administrator of Ubuntu 24.04 or newer can install, instead of changing the sysctl variable
/// for all programs: a file for /etc/apparmor.d that allows user namespaces to portlab and portlabd in
/// this folder. Empty where AppArmor does not restrict them.
std::string apparmor_profile(const std::string& program_folder, const ReadSetting& setting);

/// Reads the variable of this machine, from /proc/sys.
std::string read_setting(const std::string& name);

}  // namespace portlab
