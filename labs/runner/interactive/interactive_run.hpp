#pragma once
// A lab that a student does at a terminal.

#include <string>

#include "labs/runner/model/lab.hpp"
#include "labs/runner/record/progress.hpp"
#include "labs/runner/shell/lab_place.hpp"

namespace portlab::labs {

/// Runs the lab from where the student left it. False: it is to be run again in a new network, after
/// "reset", or where resuming failed. `registration_path`: running_lab_path(). Throws a CommandError.
bool run_interactively(const Lab& lab, LabPlace& place, Progress& progress,
                       const std::string& registration_path);

}  // namespace portlab::labs
