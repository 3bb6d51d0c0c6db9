#pragma once
// Whether a lab is a good one.

#include <vector>

#include "labs/runner/model/lab.hpp"
#include "labs/runner/model/lab_file.hpp"

namespace portlab::labs {

/// What a lab that can be run still lacks: checks without a next action, questions without a hint,
/// no prediction … In the order of lines.
std::vector<Fault> lint(const Lab& lab);

}  // namespace portlab::labs
