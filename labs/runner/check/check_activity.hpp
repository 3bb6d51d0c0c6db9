#pragma once
// Whether an activity is done. No side effects.

#include <optional>
#include <string>

#include "labs/runner/check/check_condition.hpp"
#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// Why an activity is not done.
struct CheckFailure {
  std::string expected;
  std::string observed;
};

enum class CheckMode {
  interactive,  ///< the output is compared only where there are no conditions
  unattended,   ///< conditions and output
};

/// Checks conditions, output and captures, in this order. The first failure; nothing: it is done.
std::optional<CheckFailure> check_activity(const Activity& activity, const Snapshot& snapshot,
                                           CheckMode mode);

}  // namespace portlab::labs
