#pragma once
// Why a machine refuses a private network, and what to do about it. Pure: settings in, words out.

#include <functional>
#include <string>

#include "common/result.hpp"

namespace portlab {

/// Reads a sysctl such as "kernel/unprivileged_userns_clone"; empty where there is none.
using ReadSetting = std::function<std::string(const std::string& name)>;

/// The reason why `step` ("unshare", say) failed with this errno.
Error explain_refused_namespace(const std::string& step, int system_error,
                                const ReadSetting& setting);

/// This machine's settings, from /proc/sys.
std::string read_setting(const std::string& name);

}  // namespace portlab
