#pragma once
// The limits of the core, and the count of sessions: in all, and per client address.

#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "common/net.hpp"

namespace portlab {

/// Limits of one process. A new session beyond them is refused; existing sessions are not affected.
struct Limits {
  std::size_t sessions_max = 16'000;  ///< in all; the daemon keeps it below the limit of open files
  std::size_t sessions_per_address_max = 2'000;  ///< enough for a class of 40 behind one address
  std::size_t flows_max = 10'000;                ///< UDP peers per listener and worker
  unsigned idle_seconds = 300;                   ///< between two messages of a session
  /// Input buffers of all sessions together; beyond it, a session that needs one ends.
  std::size_t buffer_bytes_max = std::size_t{256} << 20;
  std::size_t events_queued_max = 1'000;  ///< change events that wait for one subscriber
};

/// Counts the sessions of all workers. Called when a session begins and when it ends, never per
/// message. From any thread.
class Quota {
 public:
  explicit Quota(const Limits& limits) : limits_(limits) {}

  /// An address and its number of sessions. Its place in memory is stable while it has any.
  using AddressCount = std::pair<const asio::ip::address, std::size_t>;

  /// The permission for one session. Its destructor returns it.
  class Permit {
   public:
    Permit() = default;
    Permit(Quota& quota, AddressCount* address_count)
        : quota_(&quota), address_count_(address_count) {}
    Permit(Permit&& other) noexcept
        : quota_(std::exchange(other.quota_, nullptr)), address_count_(other.address_count_) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(quota_, other.quota_);
      std::swap(address_count_, other.address_count_);
      return *this;
    }
    ~Permit() {
      if (quota_ != nullptr) quota_->release(address_count_);
    }

   private:
    Quota* quota_ = nullptr;
    AddressCount* address_count_ = nullptr;
  };

  /// A permit for a client at `address`; nullopt when one of the two limits is reached.
  std::optional<Permit> take(const asio::ip::address& address);
  /// A permit that counts in all, but for no address: for Unix sockets, and for further connections
  /// of a session, such as FTP's data connection.
  std::optional<Permit> take();

 private:
  void release(AddressCount* address_count);

  const Limits limits_;
  std::mutex mutex_;
  std::size_t sessions_ = 0;
  std::unordered_map<asio::ip::address, std::size_t> per_address_;
};

}  // namespace portlab
