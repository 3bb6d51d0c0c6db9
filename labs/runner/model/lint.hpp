#pragma once
// What a lab should have although it can be run without it.

#include <vector>

#include "labs/runner/model/lab.hpp"
#include "labs/runner/model/lab_file.hpp"

namespace portlab::labs {

/// Checks without `next:`, questions without a hint, no prediction, names that nothing captures …
std::vector<Fault> lint(const Lab& lab);

}  // namespace portlab::labs
