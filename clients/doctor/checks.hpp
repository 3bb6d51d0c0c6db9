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
};

/// Runs all checks. They change nothing on the machine.
Diagnosis diagnose();

// The checks: port_checks.cpp for ports and networks, tool_checks.cpp for the rest.

Check check_private_network();
Check check_low_ports();
Check check_real_ports();
Check check_moved_ports();
Check check_ipv6();
Check check_ephemeral_range();
Check check_open_files();
Check check_landlock();
Check check_capture(bool private_network);
Check check_control_socket();
Check check_terminal();
Check check_portlabd();
Check check_tools();

}  // namespace portlab
