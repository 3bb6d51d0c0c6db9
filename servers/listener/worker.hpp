#pragma once
// A worker: one event loop on one thread, with listeners, sessions and flows of its own. It shares
// nothing with the other workers but the quota, the log and the services, and takes no lock on the
// way of a byte.
//
//   listener readable -> accept_batch -> admit -> serve -> StreamService::converse ->
//   close_in_order datagrams readable -> DatagramListener::answer_batch -> DatagramService::reply

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "servers/listener/log.hpp"
#include "servers/listener/quota.hpp"
#include "servers/listener/reactor.hpp"
#include "servers/listener/service.hpp"
#include "servers/listener/session.hpp"
#include "servers/listener/socket.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class DatagramListener;
class DatagramBatch;

/// A listener as all workers see it.
struct Listener {
  const Service* service = nullptr;
  Endpoint endpoint;
  SocketFile file;  ///< of a Unix socket
  std::atomic<std::uint64_t> accepted{0};
};

/// Ports, a bit for each. Any thread.
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

/// What the workers of one process share.
struct CoreShared {
  CoreShared(const Limits& all_limits, Log& the_log)
      : limits(all_limits), quota(all_limits), log(the_log) {}

  Limits limits;
  Quota quota;
  Log& log;
  PortSet udp_ports;  ///< where this server listens over UDP
  std::atomic<std::uint64_t> last_session_id{0};
  /// Workers whose stop is not complete. While one has sessions, the others stay to answer it.
  std::atomic<int> busy_workers{0};
  std::function<void()> all_done{};  ///< called once, by the last of them
};

class Worker {
 public:
  explicit Worker(CoreShared& shared);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // From any thread.
  asio::io_context& loop() { return loop_; }
  /// Serves until the stop is complete.
  void run();

  // On the worker's own thread (or while it does not run yet).
  void add_listener(std::shared_ptr<Listener> listener, FileDescriptor socket);
  /// Closes the socket of this listener. Its sessions live on.
  void remove_listener(const Listener& listener);
  /// Two-phase stop: nothing new; those between two messages end now, the others within `grace`;
  /// then the rest.
  void stop(std::chrono::seconds grace);
  /// Lets run() return: no worker has sessions any more.
  void release();
  std::vector<SessionRow> rows() const;

  // For sessions.
  Reactor& reactor() { return reactor_; }
  TimedSocketList& timed_sockets() { return timed_sockets_; }
  BufferPool& buffers() { return buffers_; }
  std::chrono::seconds idle_limit() const;
  std::uint64_t next_session_id() { return ++shared_.last_session_id; }
  bool stopping() const { return stopping_; }
  void log_note(const Session& session, std::string_view note);
  void log_end(const Session& session);
  /// A session for a connected socket that a conversation opened by itself; nullopt when the house
  /// is full.
  std::optional<Connection> make_connection(FileDescriptor socket, const Session::Origin& origin);

 private:
  struct StreamListener;

  enum class Accepted : std::uint8_t { all, a_batch, short_of_descriptors };

  void spawn(Task<void> task);
  Task<void> accept_loop(std::shared_ptr<StreamListener> mine);
  Accepted accept_batch(StreamListener& mine);
  void close(StreamListener& mine);
  void admit(Listener& listener, FileDescriptor socket, const SocketAddress& address);
  std::optional<Quota::Permit> permit_for(const Listener& listener, const Endpoint& peer);
  void refuse_overload(const Listener& listener, FileDescriptor socket);
  Task<void> serve(Connection client, StreamService& service);
  Task<void> sweep();
  Task<void> stop_sessions(std::chrono::seconds grace);

  CoreShared& shared_;
  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{loop_.get_executor()};
  Reactor reactor_{loop_};
  TimedSocketList timed_sockets_;
  BufferPool buffers_;
  std::list<std::shared_ptr<StreamListener>> stream_listeners_;
  std::list<std::shared_ptr<DatagramListener>> datagram_listeners_;
  std::shared_ptr<DatagramBatch> datagram_batch_;  ///< made with the first UDP listener
  Timer sweep_timer_{loop_};
  Timer stop_timer_{loop_};
  std::size_t coroutines_ = 0;
  bool stopping_ = false;
};

}  // namespace portlab
