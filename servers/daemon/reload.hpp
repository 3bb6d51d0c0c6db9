#pragma once
// The listeners that the command line and the configuration name, kept apart from those that
// `portlab server` opened or closed: SIGHUP changes only the former.

#include <map>
#include <string>
#include <vector>

#include "common/endpoint.hpp"
#include "common/result.hpp"
#include "servers/listener/core.hpp"

namespace portlab {

/// Opens and closes listeners as the settings change. On worker 0's thread only.
class ConfiguredListeners {
 public:
  /// `core` must outlive it.
  explicit ConfiguredListeners(Core& core) : core_(core) {}

  /// Opens all of them. Throws std::runtime_error "what: why: what to do" where one can't be opened.
  void open(const std::vector<ListenSpec>& specs);
  /// Opens those that are new in `specs`, closes those that are no longer in it, and keeps the rest
  /// as it is. Says what it did: ", opened http=83, closed tcp 127.0.0.1:80". After an error nothing
  /// has changed.
  Result<std::string> update(const std::vector<ListenSpec>& specs);

 private:
  using EndpointsOfSpec = std::map<std::string, std::vector<Endpoint>>;

  /// Whether listeners of this service, with this argument, are at all these endpoints.
  bool are_open(const ListenSpec& spec, const std::vector<Endpoint>& endpoints) const;
  /// Opens the spec. A listener of `opened_` with another argument at the same endpoint is closed
  /// before, and added to `replaced`.
  ListenResult<std::vector<Endpoint>> listen(const ListenSpec& spec,
                                             std::vector<ListenSpec>& replaced);
  /// Closes the listeners of `opened`, except those at the endpoints of `kept`. Says what it closed.
  std::string close(const EndpointsOfSpec& opened, const EndpointsOfSpec& kept);

  Core& core_;
  EndpointsOfSpec opened_;  ///< by the spec's text, "http=83"
};

}  // namespace portlab
