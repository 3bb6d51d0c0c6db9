#pragma once
// A worker: one event loop on one thread, with listeners, sessions and flows of its own. Workers
// share what is in CoreShared, and nothing else: no lock is taken to receive or send a byte.
//
//   StreamListener ----> start_session ----> serve ----> StreamService::serve ----> close_in_order
//   (TCP, Unix)          (a Session and      (a coroutine,
//                         a Connection)       one per session)
//
//   DatagramListener --> DatagramService::reply
//   (UDP)

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "servers/listener/core_shared.hpp"
#include "servers/listener/reactor.hpp"
#include "servers/listener/session.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class DatagramBatch;
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

  // For listeners and sessions.
  Reactor& reactor() { return reactor_; }
  TimedSocketList& timed_sockets() { return timed_sockets_; }
  BufferPool& buffers() { return buffers_; }
  std::chrono::seconds idle_limit() const;
  std::uint64_t next_session_id() { return ++shared_.last_session_id; }
  bool stopping() const { return stopping_; }
  /// Serves an accepted connection.
  void start_session(FileDescriptor socket, Quota::Permit permit, SessionInfo info,
                     StreamService& service);
  /// A further connection of a session; `info` without the two endpoints. nullopt: there are too
  /// many sessions.
  std::optional<Connection> make_connection(FileDescriptor socket, Transport transport,
                                            SessionInfo info);
  void session_noted(const Session& session);
  void session_closed(const Session& session);

 private:
  void spawn(Task<void> task);
  Connection open_session(FileDescriptor socket, Quota::Permit permit, SessionInfo info);
  Task<void> serve(Connection client, StreamService& service);
  void publish(ChangeEvent::Kind kind, const Session& session);
  Task<void> check_deadlines();
  Task<void> end_sessions(std::chrono::seconds grace);

  CoreShared& shared_;
  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{loop_.get_executor()};
  Reactor reactor_{loop_};
  TimedSocketList timed_sockets_;
  BufferPool buffers_;
  std::list<std::shared_ptr<StreamListener>> stream_listeners_;
  std::list<std::shared_ptr<DatagramListener>> datagram_listeners_;
  std::shared_ptr<DatagramBatch> datagram_batch_;  ///< made with the first UDP listener
  Timer deadline_timer_{loop_};
  Timer stop_timer_{loop_};
  std::size_t serving_ = 0;  ///< coroutines that serve a session
  bool closing_listener_ = false;
  bool stopping_ = false;
};

}  // namespace portlab
