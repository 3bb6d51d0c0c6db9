#pragma once
// The cause of a refused private network, and what to do about it. A function of the settings and
// the errno, so that tests can pass those of other machines.

#include <functional>
#include <string>

#include "common/result.hpp"

namespace portlab {

/// Reads a sysctl(8) variable such as "kernel/unprivileged_userns_clone"; empty where there is none.
using ReadSetting = std::function<std::string(const std::string& name)>;

/// Explains why a step (such as "unshare") failed with this errno: "what: why: what to do".
Error explain_refused_namespace(const std::string& step, int system_error,
                                const ReadSetting& setting);

/// Reads the variable of this machine, from /proc/sys.
std::string read_setting(const std::string& name);

}  // namespace portlab
