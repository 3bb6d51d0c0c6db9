#pragma once
// The programs that users run in an office: what they have started with `portlab office enter`, on
// other terminals than this one.

#include <string>
#include <vector>

#include "labs/network/office/running_office.hpp"

namespace portlab::office {

struct EnteredProgram {
  int pid = 0;           ///< as this process sees it
  std::string name;      ///< "bash"
  std::string host;      ///< where it runs; empty: unknown
  std::string terminal;  ///< "/dev/pts/3"
};

/// Those that have a terminal, and not the terminal of this process. A process that /proc does not
/// show to this user is left out.
std::vector<EnteredProgram> programs_on_other_terminals(const RunningOffice& office);

}  // namespace portlab::office
