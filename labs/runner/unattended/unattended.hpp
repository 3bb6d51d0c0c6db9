#pragma once
// A lab without a student: all commands are typed, all outputs and checks compared. For tests, and
// for whoever writes a lab.

#include <string>

#include "labs/runner/model/lab.hpp"
#include "labs/runner/shell/lab_place.hpp"

namespace portlab::labs {

enum class Unattended {
  shown,  ///< texts and outputs are printed
  silent,
  /// Silent; each check must fail before its commands are typed, also after each command of `wrong:`.
  selftest,
};

/// Does all parts, and stops at the first one that fails. A wrong answer to a question must be refused.
/// What is wrong, in lines "FILE:LINE: …"; empty: nothing.
std::string run_unattended(const Lab& lab, LabPlace& place, Unattended mode);

}  // namespace portlab::labs
