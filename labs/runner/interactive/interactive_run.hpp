#pragma once
// A lab that a student does at a terminal.

#include <string>

#include "labs/network/lab_network.hpp"
#include "labs/runner/model/lab.hpp"
#include "labs/runner/record/progress.hpp"

namespace portlab::labs {

enum class RunResult {
  finished,
  quit,     ///< progress is saved
  restart,  ///< run it again in a new network: after "reset", or where resuming failed
};

/// Runs the lab from where the student left it. `registration_path`: running_lab_path(). Throws a
/// CommandError.
RunResult run_interactively(const Lab& lab, LabNetwork& network, Progress& progress,
                            const std::string& registration_path);
/// Throws a CommandError where stdin or stdout is no terminal.
void require_terminal(const Lab& lab);

}  // namespace portlab::labs
