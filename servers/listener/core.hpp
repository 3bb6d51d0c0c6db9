#pragma once
// The multiplexing listener core: any number of listeners, one event loop per worker, one session
// table.
//
//   Core core(options, log);
//   core.add(make_echo_service());
//   core.listen(parse_listen_spec("echo=7").value());
//   core.run();              // until core.stop()

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "servers/listener/core_shared.hpp"
#include "servers/listener/listen_error.hpp"
#include "servers/listener/listen_spec.hpp"
#include "servers/listener/log.hpp"
#include "servers/listener/quota.hpp"
#include "servers/listener/service.hpp"
#include "servers/listener/worker.hpp"

namespace portlab {

struct CoreOptions {
  int workers = 1;
  Limits limits;
  /// Where a listener without an address is bound.
  std::vector<asio::ip::address> default_addresses = {asio::ip::address_v4::loopback()};
  /// Added to a service's default port when a spec has no port.
  std::uint16_t shift = 0;
  /// SO_REUSEADDR on TCP listeners. Without it no listener opens while a session of its port is in
  /// TIME_WAIT.
  bool reuse_address = true;
  /// SO_REUSEPORT on all listeners: another program of this user may share their endpoints.
  bool share_port = false;
  /// The length of each TCP listener's queue of connections to accept (listen(2)). The kernel caps it
  /// at net.core.somaxconn.
  int backlog = 4096;
};

class Core final : public ServerView {
 public:
  using Endpoints = std::vector<Endpoint>;

  Core(CoreOptions options, Log& log);
  /// Ends all sessions, if run() was not called.
  ~Core() override;

  /// Before listen() and run() only.
  void add(Service service);

  // Changes of the listeners: before run(), or on worker 0's thread, so that there is one change at
  // a time. Each succeeds completely or changes nothing. They return when every worker has done its
  // part: worker 0 waits for the others, and they never wait for it.

  /// Opens what the spec says; returns the endpoints.
  ListenResult<Endpoints> listen(const ListenSpec& spec);
  /// Closes the listeners that match the spec (a service alone: all of its). Their sessions
  /// continue.
  ListenResult<Endpoints> close(const ListenSpec& spec);
  /// Opens the service at the spec's port, at the addresses where it is now, and closes the old
  /// listeners: those at the spec's from_port, else at the default port, else at the only port of
  /// the service; its other listeners stay. The new ones go on with the count of sessions. Returns
  /// the endpoints to which they have moved.
  ListenResult<Endpoints> move(const ListenSpec& spec);
  /// One of these changes, from a service on any worker.
  using Change = ListenResult<Endpoints> (Core::*)(const ListenSpec& spec);
  Task<ListenResult<Endpoints>> change(Change what, ListenSpec spec);

  /// Where listen() would listen; opens nothing. From any thread.
  ListenResult<Endpoints> endpoints_of(const ListenSpec& spec) const;

  std::vector<ListenerRow> listeners() const override;
  Task<std::vector<SessionRow>> sessions() const override;
  /// See Worker::ended_further_connections().
  Task<std::vector<SessionRow>> ended_further_connections() const;
  Subscription subscribe() const override { return shared_.changes.subscribe(); }

  /// Starts the threads of the workers beyond worker 0. run() does it where this was not called.
  /// Throws std::system_error if the system starts no further thread; then the process must end
  /// without destroying the core, because a worker without a thread can't end its coroutines.
  void start_workers();
  /// Serves until stop(). Worker 0 runs on the calling thread.
  void run();
  /// Two-phase stop, from any thread: no new sessions; those that run have `grace` to finish; then
  /// the rest is ended. Called again, it ends the grace.
  void stop(std::chrono::seconds grace = std::chrono::seconds(5));

  /// Called on worker 0 when the last session has ended: to cancel what else waits on its loop.
  void at_end(std::function<void()> callback) { at_end_ = std::move(callback); }

  /// Worker 0's event loop: for signals and the like.
  asio::io_context& loop() { return workers_.front()->loop(); }
  /// Changes the limits of sessions and the idle time-out, for what begins from now on; the other
  /// limits stay. From any thread.
  void set_limits(const Limits& limits);
  /// How many sessions were refused because there were too many.
  std::uint64_t refused_sessions() const { return shared_.refused; }
  int workers() const { return static_cast<int>(workers_.size()); }

 private:
  using Rows = std::vector<SessionRow> (Worker::*)() const;
  /// The rows of all workers, sorted by id.
  Task<std::vector<SessionRow>> rows(Rows of) const;
  using Listeners = std::vector<std::shared_ptr<Listener>>;
  /// A listener to open.
  struct Target {
    Endpoint endpoint;
    std::string argument;
  };
  /// A listener that is open and not served yet: a socket for each worker.
  struct Bound {
    std::shared_ptr<Listener> listener;
    std::vector<FileDescriptor> sockets;
  };

  ListenResult<const Service*> find(const ListenSpec& spec) const;
  /// The endpoints, if the service can use the argument there.
  ListenResult<Endpoints> checked(const Service& service, Endpoints endpoints,
                                  std::string_view argument) const;
  /// The result has one entry for each target, in their order.
  ListenResult<std::vector<Bound>> bind(const Service& service,
                                        const std::vector<Target>& targets) const;
  ListenResult<Bound> bind_one(const Service& service, const Target& target) const;
  /// The listener whose endpoint is the same, or covers it, or is covered by it (all addresses).
  const Listener* overlapping(const Endpoint& endpoint) const;
  Listeners matching(const ListenSpec& spec) const;
  /// The listeners that a move is about, all at one port.
  ListenResult<Listeners> listeners_to_move(const ListenSpec& spec) const;
  ListenError not_open(const ListenSpec& spec) const;

  Listeners add_listeners(std::vector<Bound> bound);
  void remove_listeners(const Listeners& listeners);
  /// Opens listeners again that were removed for a move that failed.
  void reopen(const Listeners& closed);
  /// Calls `what` with each worker's index, on that worker's thread, and waits for it.
  void on_each_worker(const std::function<void(std::size_t worker)>& what);
  void publish(ChangeEvent::Kind kind, const Listener& listener,
               std::optional<Endpoint> moved_from = {});

  const CoreOptions options_;
  mutable CoreShared shared_;
  std::vector<std::unique_ptr<Service>> services_;
  std::vector<std::unique_ptr<Worker>> workers_;
  /// Guards listeners_: changes write it, one after another; any thread reads.
  mutable std::mutex mutex_;
  Listeners listeners_;
  std::function<void()> at_end_;
  std::vector<std::thread> threads_;
  std::atomic<bool> running_{false};
  std::atomic<bool> stopping_{false};
};

}  // namespace portlab
