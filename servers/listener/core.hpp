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
#include <vector>

#include "servers/listener/core_shared.hpp"
#include "servers/listener/listen_error.hpp"
#include "servers/listener/listen_spec.hpp"
#include "servers/listener/log.hpp"
#include "servers/listener/quota.hpp"
#include "servers/listener/service.hpp"
#include "servers/listener/worker.hpp"
#include "servers/listener/worker_calls.hpp"

namespace portlab {

struct CoreOptions {
  int workers = 1;
  Limits limits;
  /// Where a listener without an address is bound.
  std::vector<asio::ip::address> default_addresses = {asio::ip::address_v4::loopback()};
  /// Added to a service's default port when a spec has no port.
  std::uint16_t shift = 0;
  /// SO_REUSEADDR on TCP listeners; off shows TIME_WAIT.
  bool reuse_address = true;
  /// SO_REUSEPORT on all listeners: another program of this user may share their endpoints.
  bool share_port = false;
};

class Core final : public ServerView {
 public:
  using Endpoints = std::vector<Endpoint>;

  Core(CoreOptions options, Log& log);
  /// Ends all sessions, if run() was not called.
  ~Core() override;

  /// Before listen() and run() only.
  void add(Service service);

  // Changes of the listeners, while the server runs or before: from any thread, also from a
  // service. One change at a time; each succeeds completely or changes nothing. They block the
  // caller until every worker has done its part.

  /// Opens what the spec says; returns the endpoints.
  ListenResult<Endpoints> listen(const ListenSpec& spec);
  /// Closes the listeners that match the spec (a service alone: all of its). Their sessions
  /// continue.
  ListenResult<Endpoints> close(const ListenSpec& spec);
  /// Opens the service at the spec's port, at the addresses where it is now, and closes the old
  /// listeners. Returns the endpoints where it is now.
  ListenResult<Endpoints> move(const ListenSpec& spec);
  /// Closes the listeners at exactly these endpoints; returns those that there were.
  Endpoints close_exactly(const Endpoints& endpoints);

  /// Where listen() would listen; opens nothing. From any thread.
  ListenResult<Endpoints> endpoints_of(const ListenSpec& spec) const;

  std::vector<ListenerRow> listeners() const override;
  Task<std::vector<SessionRow>> sessions() const override;
  Subscription subscribe() const override { return shared_.changes.subscribe(); }

  /// Serves until stop(). Worker 0 runs on the calling thread.
  void run();
  /// Two-phase stop, from any thread: no new sessions; those that run have `grace` to finish; then
  /// the rest is ended. Called again, it ends the grace.
  void stop(std::chrono::seconds grace = std::chrono::seconds(5));

  /// Called on worker 0 when the last session has ended: to cancel what else waits on its loop.
  void at_end(std::function<void()> callback) { at_end_ = std::move(callback); }

  /// Worker 0's event loop: for signals and the like.
  asio::io_context& loop() { return workers_.front()->loop(); }
  int workers() const { return static_cast<int>(workers_.size()); }

 private:
  using Listeners = std::vector<std::shared_ptr<Listener>>;
  /// A listener to open, or opened but not served yet.
  struct Target {
    Endpoint endpoint;
    std::shared_ptr<const std::string> argument;
  };
  struct Bound {
    std::shared_ptr<Listener> listener;
    std::vector<FileDescriptor> sockets;
  };
  /// Which listeners a move closes, opens, and leaves where they are.
  struct MovePlan {
    Listeners old;
    std::vector<Target> targets;
    Endpoints unchanged;
  };

  ListenResult<Endpoints> change(const std::function<ListenResult<Endpoints>()>& what);
  ListenResult<Endpoints> listen_serialized(const ListenSpec& spec);
  ListenResult<Endpoints> close_serialized(const ListenSpec& spec);
  ListenResult<Endpoints> move_serialized(const ListenSpec& spec);
  MovePlan plan_move(const ListenSpec& spec) const;

  ListenResult<const Service*> find(const ListenSpec& spec) const;
  ListenResult<Endpoints> resolve_endpoints(const Service& service, const ListenSpec& spec) const;
  ListenResult<std::vector<Bound>> bind(const Service& service,
                                        const std::vector<Target>& targets) const;
  ListenResult<Bound> bind_one(const Service& service, const Target& target) const;
  /// The listener whose endpoint is the same, or covers it, or is covered by it (all addresses).
  const Listener* overlapping(const Endpoint& endpoint) const;
  Listeners matching(const ListenSpec& spec) const;
  ListenError not_open(const ListenSpec& spec) const;

  void add_listeners(std::vector<Bound> bound);
  void remove_listeners(const Listeners& listeners);
  void update_udp_ports();
  void publish(ChangeEvent::Kind kind, const Listener& listener,
               const Endpoint* moved_from = nullptr);

  const CoreOptions options_;
  mutable CoreShared shared_;
  std::vector<std::unique_ptr<Service>> services_;
  std::vector<std::unique_ptr<Worker>> workers_;
  WorkerCalls calls_;
  /// Guards listeners_ and their files: changes write them, one after another; any thread reads.
  mutable std::mutex mutex_;
  Listeners listeners_;
  std::vector<std::uint16_t> udp_ports_;
  std::function<void()> at_end_;
  std::atomic<bool> running_{false};
  std::atomic<bool> stopping_{false};
};

}  // namespace portlab
