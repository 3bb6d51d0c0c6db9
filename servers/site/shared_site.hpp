#pragma once
// The site that HTTP and FTP share. SIGHUP may replace it by another folder; transfers from the
// old one continue.

#include <memory>
#include <mutex>
#include <utility>

#include "servers/site/site.hpp"

namespace portlab {

/// Holds the site that is served. All members may be called from every thread.
class SharedSite {
 public:
  explicit SharedSite(std::shared_ptr<const Site> site) : site_(std::move(site)) {}

  /// The current site; it stays usable while the caller keeps the pointer. Never null.
  std::shared_ptr<const Site> get() const {
    const std::lock_guard lock(mutex_);
    return site_;
  }

  /// Later calls of get() return this site.
  void replace(std::shared_ptr<const Site> site) {
    const std::lock_guard lock(mutex_);
    site_.swap(site);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Site> site_;
};

}  // namespace portlab
