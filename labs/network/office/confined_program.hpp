#pragma once
// Starts servers that come from other packages, so that they can change nothing outside of the office:
//
//   fork ─► the host's namespaces ─► unshare(user, mount): user nobody, no capabilities afterwards
//        ─► all files read-only, but those of the office; /tmp is a folder of the office ─► exec
//
// A server that refuses to run as root, or as the only user of a namespace, runs as nobody: smbd does.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/running_office.hpp"

namespace portlab::office {

struct ConfinedProgram {
  std::vector<std::string> words;
  std::string temporary;  ///< its /tmp and home: a folder below `folder`, made where it is missing
  std::string log;        ///< what it prints: a file below `folder`
  /// In addition to PATH, HOME, USER, LANG and TERM: no other variable of this process is kept.
  std::vector<std::pair<std::string, std::string>> variables = {};
  Started started = Started::detached;
};

/// Starts the program in the host. A process id, as start_process() gives it. What fails later is in
/// its log. After join_user_namespace().
int start_confined(const RunningOffice& office, std::string_view host,
                   const ConfinedProgram& program);

/// The path of a file below `folder`, as this process sees it: it may be outside of the office.
std::string path_from_here(const RunningOffice& office, const std::string& file);

}  // namespace portlab::office
