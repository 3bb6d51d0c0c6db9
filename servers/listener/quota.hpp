#pragma once
// The house has a number of seats, and so has each guest's family: sessions in all, and sessions
// per address.

#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "common/net.hpp"

namespace portlab {

/// What a process grants. Beyond it the newcomer is turned away; those who are in are not.
struct Limits {
  std::size_t sessions_max = 16'000;             ///< in all; capped below the limit of open files
  std::size_t sessions_per_address_max = 2'000;  ///< a class of 40 behind one address fits well
  std::size_t flows_max = 10'000;                ///< remembered UDP peers per listener and worker
  unsigned idle_seconds = 300;                   ///< between two messages of a session
};

/// Counts sessions, in all and per address, over all workers. Asked once when a session begins and
/// once when it ends, never for a byte.
class Quota {
 public:
  explicit Quota(const Limits& limits) : limits_(limits) {}

  /// An address and how many sessions it has. Stays where it is in memory while it has any.
  using AddressCount = std::pair<const asio::ip::address, std::size_t>;

  /// One session's place; given back when it is destroyed.
  class Permit {
   public:
    Permit() = default;
    Permit(Quota& quota, AddressCount* address_count) : quota_(&quota), share_(address_count) {}
    Permit(Permit&& other) noexcept
        : quota_(std::exchange(other.quota_, nullptr)), share_(other.share_) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(quota_, other.quota_);
      std::swap(share_, other.share_);
      return *this;
    }
    ~Permit() {
      if (quota_ != nullptr) quota_->release(share_);
    }

   private:
    Quota* quota_ = nullptr;
    AddressCount* share_ = nullptr;
  };

  /// A seat for a peer at `address`, or none when the house, or the address's share of it, is full.
  std::optional<Permit> take(const asio::ip::address& address);
  /// A seat that counts in all, but for no address: guests of a Unix socket have none, and whoever
  /// is in already needs a second one for FTP.
  std::optional<Permit> take();

 private:
  void release(AddressCount* address_count);

  const Limits limits_;
  std::mutex mutex_;
  std::size_t sessions_ = 0;
  std::unordered_map<asio::ip::address, std::size_t> per_address_;
};

}  // namespace portlab
