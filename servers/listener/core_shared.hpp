#pragma once
// What the workers of one process share. Everything here may be used by any thread.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "servers/listener/buffer_pool.hpp"
#include "servers/listener/change_events.hpp"
#include "servers/listener/log.hpp"
#include "servers/listener/own_connections.hpp"
#include "servers/listener/quota.hpp"
#include "servers/listener/service.hpp"
#include "servers/listener/socket.hpp"

namespace portlab {

/// A listener. Each worker has a socket of its own for it (see StreamListener, DatagramListener).
struct Listener {
  const Service* service = nullptr;
  Endpoint endpoint;
  std::string argument;  ///< "HOST:PORT" of forward=8080:HOST:PORT; empty: none
  SocketFile file;       ///< of a Unix socket
  std::atomic<std::uint64_t> accepted{0};

  ListenerRow row() const {
    const auto& info = service->info;
    return {std::string(info.name), endpoint, info.default_port,
            accepted.load(std::memory_order_relaxed), argument};
  }
};

struct CoreShared {
  CoreShared(const Limits& core_limits, Log& core_log)
      : limits(core_limits),
        idle_seconds(core_limits.idle_seconds),
        quota(core_limits),
        memory(core_limits.buffer_bytes_max),
        kept(core_limits.kept_bytes_max),
        pipes(core_limits.pipes_max),
        changes(core_limits.events_queued_max),
        log(core_log) {}

  const Limits limits;  ///< as at the start; set_limits() changes those below
  std::atomic<unsigned> idle_seconds;
  Quota quota;
  MemoryBudget memory;  ///< of input buffers
  MemoryBudget kept;    ///< of what sessions store beyond them
  MemoryBudget pipes;   ///< a number, not bytes
  OwnConnections own_connections;
  ChangeFeed changes;
  Log& log;
  std::atomic<std::uint64_t> last_session_id{0};
  std::atomic<std::uint64_t> refused{0};         ///< sessions refused by the quota
  std::atomic<std::uint64_t> refused_logged{0};  ///< how many of them the log has reported
  /// Workers whose stop is not complete. The others still answer them (the session table).
  std::atomic<int> busy_workers{0};
  std::function<void()> all_stopped{};  ///< called once, by the last busy worker
};

}  // namespace portlab
