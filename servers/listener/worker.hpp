#pragma once
// A worker: one event loop on one thread, with listeners, sessions and flows of its own. Workers
// share what is in CoreShared, and nothing else: no lock is taken to receive or send a byte.
//
//   StreamListener ----> start_session ----> serve ----> StreamService::serve ----> close_in_order
//   (TCP, Unix)          (a Connection)      (a coroutine,
//                                             one per session)
//
//   DatagramListener --> DatagramService::reply
//   (UDP)

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <list>
#include <memory>
#include <vector>

#include "servers/listener/connection.hpp"
#include "servers/listener/core_shared.hpp"
#include "servers/listener/pipe_pool.hpp"
#include "servers/listener/reactor.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class DatagramListener;
class StreamListener;

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

  // On the worker's own thread, or while it has none.
  void add_listener(std::shared_ptr<Listener> listener, FileDescriptor socket);
  /// Closes this worker's socket of the listener. Its sessions continue.
  void remove_listener(const Listener& listener);
  /// Two-phase stop. No new sessions; idle sessions end now, the others have `grace` to finish;
  /// then all are ended. Called again, it ends the grace.
  void stop(std::chrono::seconds grace);
  /// Lets run() return: no worker has a session any more.
  void release();
  std::vector<SessionRow> rows() const;
  /// The further connections of sessions (FTP data, forward) that ended in the last minute, the newest of
  /// them: the kernel still has them in TIME_WAIT.
  std::vector<SessionRow> ended_further_connections() const;

  // For listeners and connections.
  /// Runs a task on this worker. It must end when the worker stops.
  void spawn(Task<void> task);
  Reactor& reactor() { return reactor_; }
  TimedSocketList& timed_sockets() { return timed_sockets_; }
  MemoryBudget& input_memory() { return shared_.memory; }
  MemoryBudget& kept_memory() { return shared_.kept; }
  BufferPool& buffers() { return buffers_; }
  PipePool& pipes() { return pipes_; }
  OwnConnections& own_connections() { return shared_.own_connections; }
  std::chrono::seconds idle_limit() const;
  bool stopping() const { return stopping_; }
  /// Whether this server has a UDP listener at this port: each worker has a socket of each.
  bool has_udp_listener(std::uint16_t port) const;
  /// Serves a connection that `listener` accepted.
  void start_session(FileDescriptor socket, Quota::Permit permit, SessionRow row,
                     std::shared_ptr<const Listener> listener);
  /// A further connection of a session; `row` may be without the two endpoints. Null: there are too many
  /// sessions.
  std::unique_ptr<Connection> make_connection(FileDescriptor socket, Transport transport,
                                              SessionRow row);
  void session_noted(const Connection& session);
  void session_closed(const Connection& session);

 private:
  std::unique_ptr<Connection> open_session(FileDescriptor socket, Quota::Permit permit,
                                           SessionRow row,
                                           std::shared_ptr<const Listener> listener);
  Task<void> serve(std::unique_ptr<Connection> client, StreamService& service);
  void publish(ChangeEvent::Kind kind, const Connection& session);
  void log_refused_sessions();
  Task<void> check_deadlines();
  Task<void> end_sessions(std::chrono::seconds grace);

  struct Ended {
    Clock::time_point when;
    SessionRow row;
  };

  CoreShared& shared_;
  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{loop_.get_executor()};
  Reactor reactor_{loop_};
  TimedSocketList timed_sockets_;
  BufferPool buffers_;
  PipePool pipes_;
  std::list<std::shared_ptr<StreamListener>> stream_listeners_;
  std::list<std::shared_ptr<DatagramListener>> datagram_listeners_;
  std::deque<Ended> ended_;  ///< the oldest first
  Timer deadline_timer_{loop_};
  Timer stop_timer_{loop_};
  std::size_t serving_ = 0;  ///< coroutines that serve a session
  bool stopping_ = false;
};

}  // namespace portlab
