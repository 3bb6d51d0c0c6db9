#pragma once
// What a teacher reads: what was done, predicted and answered. Pure.

#include <string>

#include "labs/runner/record/progress.hpp"

namespace portlab::labs {

/// A table of the labs, and one of the answers.
std::string report_of(const Progress& progress, unsigned columns);

}  // namespace portlab::labs
