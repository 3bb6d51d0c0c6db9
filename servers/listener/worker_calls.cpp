#include "servers/listener/worker_calls.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

namespace portlab {

void WorkerCalls::add(boost::asio::io_context& loop) { workers_.push_back({&loop, {}, {}}); }

void WorkerCalls::enter(std::size_t worker) {
  const std::lock_guard lock(mutex_);
  workers_[worker].thread = std::this_thread::get_id();
}

void WorkerCalls::leave(std::size_t worker) {
  Lock lock(mutex_);
  run_calls(lock, workers_[worker]);
  workers_[worker].thread = {};
}

void WorkerCalls::serialize(const std::function<void()>& change) {
  const auto self = std::this_thread::get_id();
  {
    Lock lock(mutex_);
    if (changing_ != self) {
      wait(lock, [&] { return changing_ == std::thread::id(); });
      changing_ = self;
    } else {
      ++nested_;
    }
  }
  const auto finish = [this] {
    const std::lock_guard lock(mutex_);
    if (nested_ > 0) {
      --nested_;
      return;
    }
    changing_ = {};
    changed_.notify_all();
  };
  try {
    change();
  } catch (...) {
    finish();
    throw;
  }
  finish();
}

void WorkerCalls::run_on_each(const std::function<void(std::size_t)>& function) {
  const auto self = std::this_thread::get_id();
  std::optional<std::size_t> own;
  std::size_t left = 0;
  Lock lock(mutex_);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    auto& worker = workers_[i];
    if (worker.thread == self) {
      own = i;
    } else if (worker.thread == std::thread::id()) {
      function(i);  // with the lock: the worker can't get a thread meanwhile
    } else {
      ++left;
      worker.calls.push_back([this, &function, &left, i] {
        function(i);
        const std::lock_guard done(mutex_);
        if (--left == 0) changed_.notify_all();
      });
      boost::asio::post(*worker.loop, [this, i] {
        Lock run(mutex_);
        run_calls(run, workers_[i]);
      });
    }
  }
  changed_.notify_all();  // for workers that wait in wait(), not in their event loops
  if (own) {
    lock.unlock();
    function(*own);
    lock.lock();
  }
  wait(lock, [&] { return left == 0; });
}

void WorkerCalls::wait(Lock& lock, const std::function<bool()>& condition) {
  const auto self = std::this_thread::get_id();
  const auto worker = std::find_if(workers_.begin(), workers_.end(),
                                   [&](const Peer& peer) { return peer.thread == self; });
  for (;;) {
    if (worker != workers_.end()) run_calls(lock, *worker);
    if (condition()) return;
    changed_.wait(lock);
  }
}

void WorkerCalls::run_calls(Lock& lock, Peer& peer) {
  while (!peer.calls.empty()) {
    const auto call = std::move(peer.calls.front());
    peer.calls.pop_front();
    lock.unlock();
    call();
    lock.lock();
  }
}

}  // namespace portlab
