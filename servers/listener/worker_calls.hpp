#pragma once
// Runs functions on the workers' threads, and waits for them, for a caller on any thread: also on a
// worker's own.
//
// A worker that only waited for another worker would deadlock when the other one waits for it at
// the same time. Therefore a worker that waits here runs the functions that others have sent to it.

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace portlab {

class WorkerCalls {
 public:
  /// One event loop per worker. Before enter() and after leave(), a worker has no thread: its
  /// functions run on the caller's.
  void add(boost::asio::io_context& loop);
  /// On a worker's thread, before and after its event loop runs.
  void enter(std::size_t worker);
  void leave(std::size_t worker);

  /// Runs `change` on the calling thread, while no other change runs. A change may contain another.
  void serialize(const std::function<void()>& change);
  /// Runs `function` for each worker, on its thread; returns when all have run.
  void run_on_each(const std::function<void(std::size_t worker)>& function);

 private:
  struct Peer {
    boost::asio::io_context* loop;
    std::thread::id thread;  // none: no event loop runs
    std::deque<std::function<void()>> calls;
  };
  using Lock = std::unique_lock<std::mutex>;

  /// Waits for the condition, and meanwhile runs the calls for the calling thread's worker.
  void wait(Lock& lock, const std::function<bool()>& condition);
  void run_calls(Lock& lock, Peer& peer);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Peer> workers_;
  std::thread::id changing_;  // the thread that runs a change
  std::size_t nested_ = 0;    // changes inside that change
};

}  // namespace portlab
