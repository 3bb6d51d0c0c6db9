#pragma once
// The place that portlab why is asked about.

#include <optional>
#include <string>
#include <vector>

#include "clients/cli/options.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// A place as it was written, and what is known of it.
struct WhyTarget {
  std::string host;                  ///< as it was written; empty for a Unix socket
  std::optional<Endpoint> endpoint;  ///< port 0: none was given. Nothing: the host has no address
  std::string no_address;            ///< why: the resolver's own words
  bool transport_given = false;
};

/// Reads HOST, HOST:PORT, HOST:PORT/udp, "udp HOST:PORT", :PORT, PORT, a URL, or a path; looks up a
/// name. Throws a usage CommandError where it is none of them.
WhyTarget read_why_target(const CommandLine& line, const std::vector<std::string>& words);

}  // namespace portlab
