#pragma once
// The endpoints behind the arguments of forward's listeners, and the names that were looked up for
// them.

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/endpoint.hpp"
#include "common/result.hpp"
#include "servers/forward/forward_target.hpp"
#include "servers/listener/service.hpp"

namespace portlab {

/// Returns the addresses of a host, and may block: look_up_host().
using HostLookup = std::function<Result<std::vector<asio::ip::address>>(const std::string& name)>;

/// From every thread.
class ForwardTargets {
 public:
  explicit ForwardTargets(HostLookup look_up) : look_up_(std::move(look_up)) {}

  /// Whether a listener may open. A name is looked up only before the server serves: later that
  /// would block a worker, and the files of the resolver are no longer readable. What was looked up
  /// then stays usable.
  Result<void> check(const ListenRequest& request);
  /// The endpoints to try, one after another. `argument` was checked.
  std::vector<Endpoint> endpoints(std::string_view argument, Transport transport) const;

 private:
  Result<void> look_up(const std::string& name, bool at_start);
  std::vector<asio::ip::address> addresses(const ForwardTarget& target) const;

  const HostLookup look_up_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<asio::ip::address>, std::less<>> known_;
};

}  // namespace portlab
