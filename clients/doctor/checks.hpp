#pragma once
// The checks of portlab doctor: each has an answer, a reason, and what to use instead.

#include <string>
#include <string_view>
#include <vector>

namespace portlab {

enum class Answer : unsigned char {
  yes,
  limited,  ///< in part, or only in some place
  no,
};

/// "yes", "limited", "no".
std::string_view to_string(Answer answer);

/// A line of the table.
struct Check {
  std::string name;  ///< "private network"
  Answer answer = Answer::yes;
  std::string reason;
  std::string instead = {};  ///< what to use instead; empty if nothing is missing
};

/// All checks, and whether the labs can run.
struct Diagnosis {
  std::vector<Check> checks;
  std::string how;      ///< how every lab can run; empty if none can
  std::string why_not;  ///< the reason if none can
  std::string remedy;   ///< what to do about it
  /// The file of AppArmor that would allow private networks; empty where it is not AppArmor that
  /// forbids them.
  std::string apparmor_profile;
};

/// Runs all checks. They change nothing on the machine.
Diagnosis diagnose();

}  // namespace portlab
