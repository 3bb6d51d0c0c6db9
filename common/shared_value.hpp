#pragma once
// A value that several threads use and a reload replaces.

#include <memory>
#include <mutex>
#include <utility>

namespace portlab {

/// Holds the current value; null only where it was made so. All members may be called from every thread.
template <class T>
class SharedValue {
 public:
  explicit SharedValue(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  /// The current value; it stays usable while the caller keeps the pointer.
  std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

  /// Later calls of get() return this value.
  void replace(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    value_.swap(value);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace portlab
