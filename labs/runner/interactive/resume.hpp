#pragma once
// Continuing a lab: finding the place again, and bringing the machine to the state in which it was
// left.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "labs/runner/model/lab.hpp"
#include "labs/runner/record/lab_record.hpp"
#include "labs/runner/shell/lab_environment.hpp"

namespace portlab::labs {

/// The lab's file was edited since: goes to the same step, and removes the answers to questions
/// that were changed.
void adapt_record(LabRecord& record, const Lab& lab);

/// Whether the lab is done before this part: neither a check nor a question follows, except in
/// optional steps.
bool is_done_at(const Lab& lab, std::size_t part);
/// Whether a part before this one, in the same step, is an activity.
bool has_activity_before(const Lab& lab, std::size_t part);

/// The part with the prediction that the next activity answers.
std::optional<std::size_t> find_open_prediction(const LabRecord& record, const Lab& lab);

/// Does the activities before this part again, without those of other steps that are optional, and
/// shows only the output of the last one, which the next question may be about. The student's files
/// in the working folder are put aside meanwhile. Returns which check failed; empty: none. Throws a
/// CommandError where a command does not end, or at Ctrl-C. `at_part` is called before each part.
std::string repeat_activities(const Lab& lab, std::size_t part, LabEnvironment& environment,
                              const std::string& folder,
                              const std::function<void(std::size_t)>& at_part);

}  // namespace portlab::labs
