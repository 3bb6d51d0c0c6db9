#pragma once
// A lab done by itself: every command typed, every output and check compared. For CI, and for
// whoever writes a lab.

#include <cstddef>
#include <string>
#include <vector>

#include "labs/runner/model/lab.hpp"
#include "labs/runner/shell/lab_environment.hpp"

namespace portlab::labs {

/// What went wrong, as "FILE:LINE: …".
using Complaints = std::vector<std::string>;

/// What is read in the place of an activity that can't be done here, as Markdown.
std::string shown_instead(const Activity& activity);

/// Does all parts in this network. With `show` their text and output are printed. Ends at
/// the first thing that differs.
Complaints do_unattended(const Lab& lab, TourLab& network, bool show);

/// Proves that every check fails before its step and passes after it, and that wrong answers are
/// refused.
Complaints test_the_checks(const Lab& lab, TourLab& network);

/// Does the activities before this part, silently but for the last one, which may be what is asked
/// about: so that whoever comes back finds the machine as it was left. Throws a CommandError where a
/// command does not end.
void catch_up(const Lab& lab, std::size_t part, LabEnvironment& environment);

}  // namespace portlab::labs
