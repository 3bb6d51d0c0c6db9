#pragma once
// The hosts of a lab with an office: every command and every check of sockets names its host.

#include <vector>

#include "labs/runner/model/lab.hpp"
#include "labs/runner/model/lab_file.hpp"

namespace portlab::labs {

/// Moves "on HOST:" from the commands into Activity::host; it stays where a command runs on another
/// host than its activity. Adds a fault for what names no host, or one that does not exist; in a lab
/// without an office, for what names one.
void place_on_hosts(Lab& lab, std::vector<Fault>& faults);

}  // namespace portlab::labs
