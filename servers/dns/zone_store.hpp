#pragma once
// The zone that is served now. A reload swaps it; who is reading the old one keeps it until done.

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "servers/dns/zone.hpp"

namespace portlab::dns {

/// Safe from every worker.
class ZoneStore {
 public:
  /// Begins with a zone that is complete: nothing is ever served without one.
  explicit ZoneStore(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}

  /// Reads a zone file and serves it from now on; yields its warnings. On a mistake the zone of
  /// before stays, and the error has a line "FILE:LINE: reason" for each.
  Result<std::vector<std::string>> load(const std::filesystem::path& path);

  /// Serves this zone from now on.
  void replace(std::shared_ptr<const Zone> zone) {
    zone_.store(std::move(zone), std::memory_order_release);
  }

  std::shared_ptr<const Zone> zone() const { return zone_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::shared_ptr<const Zone>> zone_;
};

}  // namespace portlab::dns
