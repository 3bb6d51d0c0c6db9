#include "servers/listener/core.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <thread>
#include <utility>

namespace portlab {

namespace {

constexpr Limits defaults;
static_assert(defaults.sessions_per_address_max < defaults.sessions_max,
              "one address can't use all sessions");
static_assert(defaults.sessions_per_address_max * session_buffer_bytes < defaults.buffer_bytes_max,
              "one address can't use the memory of all sessions");

Task<std::vector<SessionRow>> rows_of(const Worker& worker,
                                      std::vector<SessionRow> (Worker::*of)() const) {
  co_return (worker.*of)();
}

}  // namespace

Core::Core(CoreOptions options, Log& log)
    : options_(std::move(options)), shared_(options_.limits, log) {
  const int count = std::max(options_.workers, 1);
  shared_.busy_workers = count;
  shared_.all_stopped = [this] {
    if (at_end_) asio::post(loop(), at_end_);
    for (const auto& worker : workers_)
      asio::post(worker->loop(), [w = worker.get()] { w->release(); });
  };
  for (int i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>(shared_));
}

Core::~Core() {
  // Coroutines refer to the core: it must not be destroyed before they have ended.
  if (running_) return;
  stop(std::chrono::seconds(0));
  run();
}

void Core::add(Service service) {
  services_.push_back(std::make_unique<Service>(std::move(service)));
}

void Core::start_workers() {
  if (!threads_.empty()) return;
  // sendfile(2) has no MSG_NOSIGNAL: writing to a reset connection would end the process.
  std::signal(SIGPIPE, SIG_IGN);
  threads_.reserve(workers_.size());
  for (std::size_t i = 1; i < workers_.size(); ++i)
    threads_.emplace_back([worker = workers_[i].get()] { worker->run(); });
}

void Core::run() {
  start_workers();
  running_ = true;
  workers_.front()->run();
  for (auto& thread : threads_) thread.join();
}

void Core::stop(std::chrono::seconds grace) {
  stopping_ = true;
  // Before the sockets close: another server may want to use the paths at once.
  asio::post(loop(), [this] {
    for (const auto& listener : listeners_) listener->file.remove();
  });
  for (const auto& worker : workers_)
    asio::post(worker->loop(), [w = worker.get(), grace] { w->stop(grace); });
  shared_.changes.close();
}

void Core::set_limits(const Limits& limits) {
  shared_.quota.set_limits(limits);
  shared_.idle_seconds = limits.idle_seconds;
}

std::vector<ListenerRow> Core::listeners() const {
  const std::lock_guard lock(mutex_);
  std::vector<ListenerRow> rows;
  for (const auto& service : services_)
    for (const auto& listener : listeners_)
      if (listener->service == service.get()) rows.push_back(listener->row());
  return rows;
}

Task<std::vector<SessionRow>> Core::rows(Rows of) const {
  std::vector<SessionRow> all;
  for (const auto& worker : workers_) {
    auto rows = co_await asio::co_spawn(worker->loop(), rows_of(*worker, of), use_task);
    std::move(rows.begin(), rows.end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  co_return all;
}

Task<std::vector<SessionRow>> Core::sessions() const { return rows(&Worker::rows); }

Task<std::vector<SessionRow>> Core::ended_further_connections() const {
  return rows(&Worker::ended_further_connections);
}

}  // namespace portlab
