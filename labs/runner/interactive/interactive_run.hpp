#pragma once
// A lab worked through by a person at a terminal.

#include <string>

#include "labs/network/tour_lab.hpp"
#include "labs/runner/model/lab.hpp"
#include "labs/runner/record/progress.hpp"

namespace portlab::labs {

/// How a sitting ended.
enum class Ending {
  finished,
  quit,     ///< to be resumed
  restart,  ///< "reset": from the beginning, in a new network, and all is forgotten
  again,    ///< in a new network: its place could not be reached in this one
};

/// Goes on where the student is, in this network; `registry` is where portlab enter looks for it.
/// Throws a CommandError.
Ending take_lesson(const Lab& lab, TourLab& network, Progress& progress,
                   const std::string& registry);
/// Throws a CommandError where there is no terminal to work at.
void expect_a_terminal(const Lab& lab);

}  // namespace portlab::labs
