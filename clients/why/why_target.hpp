#pragma once
// The target of portlab why: HOST:PORT and its other forms.

#include <optional>
#include <string>
#include <vector>

#include "clients/cli/options.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// A target as it was written, and its address.
struct WhyTarget {
  std::string host;                  ///< as it was written; empty for a Unix socket
  std::optional<Endpoint> endpoint;  ///< port 0: none was given. Nothing: the host has no address
  std::string no_address;            ///< the resolver's error, when there is no endpoint
  bool transport_given = false;
};

/// Reads HOST, HOST:PORT, HOST:PORT/udp, "udp HOST:PORT", :PORT, PORT, a URL, or a path; looks up a
/// name. Throws a CommandError (exit status 2) for anything else.
WhyTarget read_why_target(const CommandLine& line, const std::vector<std::string>& words);

}  // namespace portlab
