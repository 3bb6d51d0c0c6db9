#pragma once
// A lab without a student: all commands are typed, all outputs and checks compared. For tests, and
// for whoever writes a lab.

#include <string>
#include <vector>

#include "labs/network/lab_network.hpp"
#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// What is wrong: "FILE:LINE: …".
using Failures = std::vector<std::string>;

/// Does all parts, and stops at the first failure. With `show` their texts and outputs are printed.
Failures run_unattended(const Lab& lab, LabNetwork& network, bool show);

/// The same, silently, and also: each check fails before its commands are typed, and a wrong answer
/// to a question is refused.
Failures test_checks(const Lab& lab, LabNetwork& network);

}  // namespace portlab::labs
