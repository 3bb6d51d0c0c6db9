#pragma once
// What this machine can run: one check each, with a reason, and what replaces what it can't.

#include <string>
#include <string_view>
#include <vector>

namespace portlab {

enum class Answer : unsigned char {
  yes,
  limited,  ///< some of it, or only somewhere
  no,
};

/// "yes", "limited", "no".
std::string_view to_string(Answer answer);

/// A line of the table.
struct Check {
  std::string name;  ///< "private network"
  Answer answer = Answer::yes;
  std::string reason;
  std::string instead = {};  ///< what to do without it; empty where nothing is missing
};

/// What was found, and whether it is enough.
struct Diagnosis {
  std::vector<Check> checks;
  std::string how;      ///< every lab can run: how; empty where none can
  std::string why_not;  ///< the reason where none can
  std::string remedy;   ///< what to do about it
};

/// Looks at everything. Nothing is left behind: what is tried is tried for a moment.
Diagnosis diagnose();

// The checks: ports.cpp for what servers need, tools.cpp for the rest.

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
