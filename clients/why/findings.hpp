#pragma once
// What portlab why finds out about an error and its target on this machine, now. Nothing is sent to
// the target; only for a name, a name server is queried.

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/net_error.hpp"
#include "clients/net/socket_row.hpp"
#include "clients/why/why_target.hpp"

namespace portlab {

/// What one probe found.
struct Finding {
  std::string label;         ///< "listens"
  std::string text;          ///< one or two sentences
  boost::json::object data;  ///< the same for programs; may be empty
};

/// What the probes look at: the error, its target, and the socket table.
struct Context {
  NetError net_error = NetError::refused;
  std::optional<WhyTarget> target;  ///< nothing: none was given
  std::vector<SocketRow> sockets;   ///< of this network
  std::string no_sockets;           ///< why there is no table

  /// The target, if it has an address; null otherwise, and for Unix sockets.
  const Endpoint* address() const;
  /// The target, if it has an address and a port; else null.
  const Endpoint* port() const;
};

/// Reads the socket table.
Context gather_context(NetError net_error, std::optional<WhyTarget> target);

/// What the probes for this error found, in the order in which it is shown.
std::vector<Finding> findings_of(const Context& context);

}  // namespace portlab
