#pragma once
// The zone that is served. A reload replaces it; a response that is being made keeps the old one.

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "servers/dns/zone.hpp"
#include "servers/dns/zone_file.hpp"

namespace portlab::dns {

/// Thread-safe.
class ZoneStore {
 public:
  /// `zone` is not null: there is always a zone to serve.
  explicit ZoneStore(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}

  /// Reads a zone file, serves it from now on, and returns its warnings. On an error the old zone
  /// stays, and the error has a line "FILE:LINE: reason" for each mistake.
  Result<std::vector<std::string>> load(const std::filesystem::path& path) {
    auto loaded = load_zone(path);
    if (!loaded) return loaded.error();
    replace(std::move(loaded->zone));
    return std::move(loaded->warnings);
  }

  /// Serves this zone from now on.
  void replace(std::shared_ptr<const Zone> zone) {
    zone_.store(std::move(zone), std::memory_order_release);
  }

  std::shared_ptr<const Zone> zone() const { return zone_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::shared_ptr<const Zone>> zone_;
};

}  // namespace portlab::dns
