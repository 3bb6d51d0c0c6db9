#pragma once
// The report of --report, for a student or a teacher: what was done, predicted and answered.

#include <optional>
#include <string>

#include "labs/runner/record/progress.hpp"

namespace portlab::labs {

/// A table with a row for each lab, and then the activities and answers of each lab, or of `lab`
/// (Lab::record_key()) only. Does not tell the right answers of questions that are still open.
std::string report_of(const Progress& progress, unsigned columns,
                      const std::optional<std::string>& lab = std::nullopt);

}  // namespace portlab::labs
