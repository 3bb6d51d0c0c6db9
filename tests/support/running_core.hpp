#pragma once
// A Core that runs on a thread of its own during a test, on loopback.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <stdexcept>
#include <thread>

#include "servers/listener/core.hpp"

namespace portlab {

class RunningCore {
 public:
  /// Starts serving; stopped (and its thread joined) by the destructor.
  explicit RunningCore(Service service, CoreOptions options = {}) : core(options, log) {
    core.add(std::move(service));
    start();
  }
  explicit RunningCore(CoreOptions options = {}) : core(options, log) {}

  ~RunningCore() { stop(); }

  void start() {
    std::promise<void> started;
    asio::post(core.loop(), [&] { started.set_value(); });
    thread_ = std::thread([this] { core.run(); });
    started.get_future().wait();
  }

  void stop(std::chrono::seconds grace = std::chrono::seconds(0)) {
    if (!thread_.joinable()) return;
    core.stop(grace);
    thread_.join();
  }

  /// Opens "echo=0" and the like; returns the first endpoint.
  Endpoint listen(std::string_view spec) { return change(&Core::listen, spec).value().front(); }

  /// Changes listeners as a service does.
  ListenResult<Core::Endpoints> change(Core::Change what, std::string_view spec) {
    // Not asio::use_future: with sanitizers g++ 12 warns of it, for this type.
    std::promise<ListenResult<Core::Endpoints>> changed;
    const auto keep = [&](const std::exception_ptr& failure,
                          ListenResult<Core::Endpoints> endpoints) {
      if (failure)
        changed.set_exception(failure);
      else
        changed.set_value(std::move(endpoints));
    };
    asio::co_spawn(core.loop(), core.change(what, parse_move_spec(spec).value()), keep);
    return changed.get_future().get();
  }

  std::vector<SessionRow> sessions() {
    return asio::co_spawn(core.loop(), core.sessions(), asio::use_future).get();
  }

  /// Waits until the session table satisfies the condition; false after 10 s.
  template <class Condition>
  bool eventually(Condition condition) {
    const auto end = Clock::now() + std::chrono::seconds(10);
    while (!condition(sessions())) {
      if (Clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  Log log{LogLevel::none};
  Core core;

 private:
  std::thread thread_;
};

}  // namespace portlab
