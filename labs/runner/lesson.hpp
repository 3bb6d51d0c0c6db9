#pragma once
// A lab worked through by a person at a terminal.

#include <string>

#include "labs/runner/lab.hpp"
#include "labs/runner/progress.hpp"

namespace portlab::labs {

/// How a sitting ended.
enum class Ending {
  finished,
  quit,     ///< to be resumed
  restart,  ///< "reset": from the beginning, in a new network
};

/// Goes on where the student is. Throws a Failure.
Ending take_lesson(const Lab& lab, Progress& progress);

}  // namespace portlab::labs
