#pragma once
// portlab office enter: a shell, or a command, in a host.

#include <string>
#include <utility>
#include <vector>

#include "labs/network/office/office_plan.hpp"
#include "labs/network/office/running_office.hpp"

namespace portlab::office {

/// The variables of the environment by which portlab's commands find what is theirs on this host.
std::vector<std::pair<std::string, std::string>> host_variables(const RunningOffice& office,
                                                                const Host& host);

/// Runs the command in the host, with this terminal; without a command, a shell with the prompt "pc1$".
/// Ends this process with its exit status. The command ends with this process, and with the office.
[[noreturn]] void enter(const RunningOffice& office, const std::string& host,
                        std::vector<std::string> command);

}  // namespace portlab::office
