#pragma once
// The other ways through a lab, for --selftest: with the commands of `also:`, and without the
// optional steps.

#include <vector>

#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// Labs whose checks must pass as the given one's do. In the first, the optional steps are left out,
/// and each other activity has the first command of its `also:` in place of its own commands; in the
/// second one the second command, and so on. Empty: there is neither an `also:` nor an optional
/// step. Outputs are not compared where there is a condition.
std::vector<Lab> alternatives_of(const Lab& lab);

}  // namespace portlab::labs
