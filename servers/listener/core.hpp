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

#include "common/result.hpp"
#include "servers/listener/listen_spec.hpp"
#include "servers/listener/log.hpp"
#include "servers/listener/quota.hpp"
#include "servers/listener/service.hpp"
#include "servers/listener/worker.hpp"

namespace portlab {

struct CoreOptions {
  int workers = 1;
  Limits limits;
  /// Where a listener without an address is bound: loopback unless somebody decides otherwise.
  std::vector<asio::ip::address> default_addresses = {asio::ip::address_v4::loopback()};
  /// Added to a service's default port when no port is said.
  std::uint16_t shift = 0;
  /// SO_REUSEADDR on TCP listeners; off shows TIME_WAIT.
  bool reuse_address = true;
  /// SO_REUSEPORT on all listeners: another program of this user may share their endpoints.
  bool share_port = false;
};

class Core final : public ServerView {
 public:
  Core(CoreOptions options, Log& log);
  ~Core() override;

  /// Before run() only.
  void add(Service service);

  // Live, from any thread; all or nothing. The error says what failed, why, and what to try.

  /// Opens what the spec asks for; the endpoints it got.
  Result<std::vector<Endpoint>> listen(const ListenSpec& spec);
  /// Closes the listeners that the spec fits (a service alone: all of its). Their sessions live on.
  Result<std::vector<Endpoint>> close(const ListenSpec& spec);
  /// Opens the service at the spec's port, at the addresses where it is now, and closes the old
  /// listeners. The endpoints it has now.
  Result<std::vector<Endpoint>> move(const ListenSpec& spec);

  // For who keeps account of what it opened (the configuration file); on worker 0's thread only.

  /// Where the spec would listen.
  Result<std::vector<Endpoint>> endpoints_of(const ListenSpec& spec) const;
  /// Closes the listeners that are at these endpoints, and no others; says which.
  std::vector<Endpoint> close_exactly(const std::vector<Endpoint>& endpoints);

  std::vector<ListenerRow> listeners() const override;
  Task<std::vector<SessionRow>> sessions() const override;

  /// Serves until stop(). Worker 0 runs on the calling thread.
  void run();
  /// Two-phase stop, from any thread: no new sessions; those that run finish within `grace`; then
  /// the rest is ended. Asked a second time it does not wait.
  void stop(std::chrono::seconds grace = std::chrono::seconds(5));

  /// Called on worker 0 before a stop removes the socket files.
  void before_stop(std::function<void()> what) { before_stop_ = std::move(what); }
  /// Called on worker 0 when the last session is over: what else waits on its loop ends here.
  void at_end(std::function<void()> what) { at_end_ = std::move(what); }

  /// Worker 0's loop: for signals and the like.
  asio::io_context& loop() { return workers_.front()->loop(); }
  int workers() const { return static_cast<int>(workers_.size()); }

 private:
  using Listeners = std::vector<std::shared_ptr<Listener>>;
  struct Bound {
    std::shared_ptr<Listener> listener;
    std::vector<FileDescriptor> sockets;
  };

  Result<std::vector<Endpoint>> listen_now(const ListenSpec& spec);
  Result<std::vector<Endpoint>> close_now(const ListenSpec& spec);
  Result<std::vector<Endpoint>> move_now(const ListenSpec& spec);

  Result<const Service*> find(std::string_view name) const;
  Result<std::vector<Endpoint>> resolve_endpoints(const Service& service,
                                                  const ListenSpec& spec) const;
  Result<std::vector<Bound>> bind(const Service& service,
                                  const std::vector<Endpoint>& endpoints) const;
  Result<Bound> bind_one(const Service& service, const Endpoint& endpoint) const;
  std::vector<Endpoint> add_listener(std::vector<Bound> bound);
  void remove_listener(const Listeners& listeners);
  void note_udp_ports();
  /// A listener of ours at the same port, where one of the two addresses is all of them.
  const Listener* overlapping(const Endpoint& endpoint) const;
  Listeners matching(const ListenSpec& spec) const;
  std::string describe_listeners() const;

  /// Changes of the listeners happen on worker 0's thread, one after another; this one waits for
  /// its turn there.
  Result<std::vector<Endpoint>> on_first_worker(
      const std::function<Result<std::vector<Endpoint>>()>& change);
  /// Runs on every worker's thread and returns when all have done it. From worker 0's thread only.
  void on_every_worker(const std::function<void(Worker&, std::size_t index)>& what);

  const CoreOptions options_;
  CoreShared shared_;
  std::vector<std::unique_ptr<Service>> services_;
  std::vector<std::unique_ptr<Worker>> workers_;
  mutable std::mutex mutex_;  ///< guards listeners_, which every worker may ask for
  Listeners listeners_;
  std::vector<std::uint16_t> udp_ports_;
  std::function<void()> before_stop_;
  std::function<void()> at_end_;
  std::atomic<bool> running_{false};
  std::atomic<bool> stopping_{false};
};

}  // namespace portlab
