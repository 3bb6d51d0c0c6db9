#pragma once
// The site as http and ftp share it: SIGHUP may put another folder in its place while transfers
// from the old one go on.

#include <memory>
#include <mutex>
#include <utility>

#include "servers/site/site.hpp"

namespace portlab {

/// Holds the site that is served now. Safe from every thread.
class SharedSite {
 public:
  explicit SharedSite(std::shared_ptr<const Site> site) : site_(std::move(site)) {}

  /// The site as it is now; it stays usable for as long as the caller holds it. Never null.
  std::shared_ptr<const Site> get() const {
    const std::lock_guard lock(mutex_);
    return site_;
  }

  /// From now on get() returns this one.
  void replace(std::shared_ptr<const Site> site) {
    const std::lock_guard lock(mutex_);
    site_.swap(site);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Site> site_;
};

}  // namespace portlab
