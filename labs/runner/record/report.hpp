#pragma once
// The report of --report, for a student or a teacher: what was done, predicted and answered.

#include <string>

#include "labs/runner/record/progress.hpp"

namespace portlab::labs {

/// A table with a row for each lab, and then the activities and answers of each lab.
std::string report_of(const Progress& progress, unsigned columns);

}  // namespace portlab::labs
