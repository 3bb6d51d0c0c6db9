#pragma once
// What the workers of one process share. Everything here may be used by any thread.

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "servers/listener/buffer_pool.hpp"
#include "servers/listener/change_events.hpp"
#include "servers/listener/log.hpp"
#include "servers/listener/quota.hpp"
#include "servers/listener/service.hpp"
#include "servers/listener/socket.hpp"

namespace portlab {

/// A listener. Each worker has a socket of its own for it (see StreamListener, DatagramListener).
struct Listener {
  const Service* service = nullptr;
  Endpoint endpoint;
  std::shared_ptr<const std::string> argument;  ///< "HOST:PORT" of forward=8080:HOST:PORT; or null
  SocketFile file;                              ///< of a Unix socket
  std::atomic<std::uint64_t> accepted{0};

  ListenerRow row() const {
    const auto& info = service->info;
    return {std::string(info.name), endpoint, info.default_port,
            accepted.load(std::memory_order_relaxed)};
  }
};

/// A set of port numbers, one bit for each.
class PortSet {
 public:
  bool contains(std::uint16_t port) const {
    return (words_[port / 64U].load(std::memory_order_relaxed) >> (port % 64U) & 1U) != 0;
  }
  void insert(std::uint16_t port) { words_[port / 64U] |= std::uint64_t{1} << (port % 64U); }
  void erase(std::uint16_t port) { words_[port / 64U] &= ~(std::uint64_t{1} << (port % 64U)); }

 private:
  std::array<std::atomic<std::uint64_t>, 1024> words_{};
};

struct CoreShared {
  CoreShared(const Limits& core_limits, Log& core_log)
      : limits(core_limits),
        quota(core_limits),
        memory(core_limits.buffer_bytes_max),
        changes(core_limits.events_queued_max),
        log(core_log) {}

  const Limits limits;
  Quota quota;
  MemoryBudget memory;
  ChangeFeed changes;
  Log& log;
  PortSet udp_ports;  ///< ports of this server's UDP listeners
  std::atomic<std::uint64_t> last_session_id{0};
  /// Workers whose stop is not complete. The others still answer them (the session table).
  std::atomic<int> busy_workers{0};
  std::function<void()> all_stopped{};  ///< called once, by the last busy worker
};

}  // namespace portlab
