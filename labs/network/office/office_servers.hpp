#pragma once
// The servers of the office: portlabd on server1, and on the internet one with other names and another
// site.

#include <string>
#include <vector>

#include "labs/network/office/running_office.hpp"

namespace portlab::office {

struct ServerProcess {
  std::string host;
  int pid = 0;
  std::string log;  ///< the path of what it prints
};

/// The path of the control socket of a host's portlabd, in each host of the office.
std::string control_path(std::string_view host);

/// The path of the certificate of the authority that this portlabd makes for its https.
std::string authority_path(std::string_view host);

/// Starts them, and returns when they are ready. Throws a CommandError.
std::vector<ServerProcess> start_servers(const RunningOffice& office, bool verbose);

}  // namespace portlab::office
