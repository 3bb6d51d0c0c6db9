#pragma once
// What this machine says about a place and an error, looked up now. Nobody else is asked (but a
// name server, for a name), and nothing is sent to the place.

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "clients/net/net_error.hpp"
#include "clients/netstat/socket_row.hpp"
#include "clients/why/target.hpp"

namespace portlab {

/// Something that is so now.
struct Fact {
  std::string label;         ///< "listens"
  std::string text;          ///< one or two sentences
  boost::json::object data;  ///< the same for programs; may be empty
};

/// What the facts are about, and the socket table that they share.
struct Context {
  NetError net_error = NetError::refused;
  std::optional<WhyTarget> target;    ///< nothing: none was given
  std::vector<SocketRow> sockets;  ///< of this network
  std::string no_sockets;          ///< why there is no table

  /// The endpoint, where the place has an address; null else, and for Unix sockets.
  const Endpoint* address() const;
  /// The same where it has a port, too.
  const Endpoint* port() const;
};

/// Reads the socket table of now.
Context gather_context(NetError net_error, std::optional<WhyTarget> target);

/// The facts that matter for this error, in order.
std::vector<Fact> facts_of(const Context& context);

}  // namespace portlab
