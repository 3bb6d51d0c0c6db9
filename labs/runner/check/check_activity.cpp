#include "labs/runner/check/check_activity.hpp"

#include "labs/runner/check/expected_output.hpp"
#include "labs/runner/model/captured_values.hpp"

namespace portlab::labs {

namespace {

std::optional<CheckFailure> check_output(const std::string& expected, const Snapshot& snapshot) {
  if (!snapshot.last)
    return CheckFailure{"the output of a command", "no command has been run in this step"};
  const auto difference = compare_output(expected, snapshot.last->output);
  if (!difference) return std::nullopt;
  return CheckFailure{"'" + difference->expected + "'", "'" + difference->actual + "'"};
}

std::optional<CheckFailure> check_captures(const Activity& activity, const Snapshot& snapshot) {
  CapturedValues unused;
  const auto output = snapshot.last ? snapshot.last->output : std::string();
  const auto missing = capture_values(activity.captures, output, unused);
  if (!missing) return std::nullopt;
  return CheckFailure{"output from which the lab can read '" + *missing + "'",
                      snapshot.last ? "'" + snapshot.last->command + "' did not print it"
                                    : "no command has been run in this step"};
}

}  // namespace

std::optional<CheckFailure> check_activity(const Activity& activity, const Snapshot& snapshot,
                                           CheckMode mode) {
  for (const auto& condition : activity.conditions)
    if (!holds(condition, snapshot))
      return CheckFailure{condition.to_string(), observed(condition, snapshot)};
  const bool compares_output = mode == CheckMode::unattended || activity.conditions.empty();
  if (activity.output && compares_output)
    if (auto failure = check_output(*activity.output, snapshot)) return failure;
  return check_captures(activity, snapshot);
}

}  // namespace portlab::labs
