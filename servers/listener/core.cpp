#include "servers/listener/core.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <future>
#include <thread>
#include <utility>

namespace portlab {

namespace {

using Endpoints = std::vector<Endpoint>;

Task<std::vector<SessionRow>> rows_of(const Worker& worker) { co_return worker.rows(); }

}  // namespace

Core::Core(CoreOptions options, Log& log)
    : options_(std::move(options)), shared_(options_.limits, log) {
  const int count = std::max(options_.workers, 1);
  shared_.busy_workers = count;
  shared_.all_done = [this] {
    if (at_end_) asio::post(loop(), at_end_);
    for (const auto& worker : workers_)
      asio::post(worker->loop(), [w = worker.get()] { w->release(); });
  };
  for (int i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>(shared_));
}

Core::~Core() {
  // Coroutines must not outlive what they stand on: let them come to their end.
  if (running_) return;
  stop(std::chrono::seconds(0));
  run();
}

void Core::add(Service service) {
  services_.push_back(std::make_unique<Service>(std::move(service)));
}

void Core::run() {
  running_ = true;
  // sendfile(2) knows no MSG_NOSIGNAL: a peer that says FIN and then RST would kill the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < workers_.size(); ++i)
    threads.emplace_back([worker = workers_[i].get()] { worker->run(); });
  workers_.front()->run();
  for (auto& thread : threads) thread.join();
}

void Core::stop(std::chrono::seconds grace) {
  stopping_ = true;
  // Before the sockets close: a successor may want the paths at once.
  asio::post(loop(), [this] {
    if (before_stop_) before_stop_();
    for (const auto& listener : listeners_) listener->file.remove();
  });
  for (const auto& worker : workers_)
    asio::post(worker->loop(), [w = worker.get(), grace] { w->stop(grace); });
}

// ---- live changes

Result<Endpoints> Core::listen(const ListenSpec& spec) {
  return on_first_worker([&] { return listen_now(spec); });
}

Result<Endpoints> Core::close(const ListenSpec& spec) {
  return on_first_worker([&] { return close_now(spec); });
}

Result<Endpoints> Core::move(const ListenSpec& spec) {
  return on_first_worker([&] { return move_now(spec); });
}

Result<Endpoints> Core::listen_now(const ListenSpec& spec) {
  const auto service = find(spec.service);
  if (!service) return service.error();
  const auto endpoints = resolve_endpoints(**service, spec);
  if (!endpoints) return endpoints.error();
  auto bound = bind(**service, *endpoints);
  if (!bound) return bound.error();
  return add_listener(std::move(*bound));
}

std::vector<Endpoint> Core::close_exactly(const std::vector<Endpoint>& endpoints) {
  Listeners found;
  Endpoints closed;
  for (const auto& listener : listeners_) {
    if (std::find(endpoints.begin(), endpoints.end(), listener->endpoint) == endpoints.end())
      continue;
    found.push_back(listener);
    closed.push_back(listener->endpoint);
  }
  remove_listener(found);
  return closed;
}

Result<Endpoints> Core::endpoints_of(const ListenSpec& spec) const {
  const auto service = find(spec.service);
  if (!service) return service.error();
  return resolve_endpoints(**service, spec);
}

Result<Endpoints> Core::close_now(const ListenSpec& spec) {
  const auto service = find(spec.service);
  if (!service) return service.error();
  const auto found = matching(spec);
  if (found.empty())
    return Error{spec.to_string() + " is not open, so it can't be closed: " + describe_listeners()};
  Endpoints closed;
  for (const auto& listener : found) closed.push_back(listener->endpoint);
  remove_listener(found);
  return closed;
}

Result<Endpoints> Core::move_now(const ListenSpec& spec) {
  const auto service = find(spec.service);
  if (!service) return service.error();
  if (!spec.port)
    return Error{"'" + spec.to_string() + "': where to? Write " + spec.service + "=PORT"};
  ListenSpec anywhere = spec;
  anywhere.port.reset();
  anywhere.address.reset();
  Listeners old;
  Endpoints endpoints;
  Endpoints stay;
  for (const auto& listener : matching(anywhere)) {
    Endpoint target = listener->endpoint;
    if (target.transport == Transport::local) continue;  // has no port that could move
    target.port = *spec.port;
    if (spec.address) target.address = *spec.address;
    if (target == listener->endpoint) {
      stay.push_back(target);
      continue;
    }
    old.push_back(listener);
    if (std::find(endpoints.begin(), endpoints.end(), target) == endpoints.end())
      endpoints.push_back(target);
  }
  std::erase_if(endpoints, [&](const Endpoint& e) {
    return std::find(stay.begin(), stay.end(), e) != stay.end();
  });
  if (old.empty() && stay.empty())
    return Error{spec.service + " is not open, so it can't move: " + describe_listeners()};
  auto bound = bind(**service, endpoints);  // the new doors open before the old ones close
  if (!bound) return bound.error();
  auto now = add_listener(std::move(*bound));
  remove_listener(old);
  now.insert(now.end(), stay.begin(), stay.end());
  return now;
}

// ---- from what people write to bound sockets

Result<const Service*> Core::find(std::string_view name) const {
  std::string known;
  for (const auto& service : services_) {
    if (service->info.name == name) return service.get();
    known += (known.empty() ? "" : ", ") + std::string(service->info.name);
  }
  return Error{"there is no service '" + std::string(name) + "': the services are " + known};
}

Result<Endpoints> Core::resolve_endpoints(const Service& service, const ListenSpec& spec) const {
  if (!spec.path.empty()) {
    if (!service.stream) return Error{spec.service + " does not speak over streams"};
    return Endpoints{local_endpoint(spec.path)};
  }
  const std::uint32_t port =
      spec.port ? *spec.port : std::uint32_t{service.info.default_port} + options_.shift;
  if (port > 65535)
    return Error{spec.service + "'s default port " + std::to_string(service.info.default_port) +
                 " shifted by " + std::to_string(options_.shift) +
                 " is beyond 65535: choose a smaller --shift"};
  const auto number = static_cast<std::uint16_t>(port);
  const auto addresses = spec.address ? std::vector{*spec.address} : options_.default_addresses;
  const bool any = !spec.transport;
  Endpoints endpoints;
  for (const auto& address : addresses) {
    if (service.stream && (any || *spec.transport == Transport::tcp))
      endpoints.push_back(tcp_endpoint(address, number));
    if (service.datagram && (any || *spec.transport == Transport::udp))
      endpoints.push_back(udp_endpoint(address, number));
  }
  if (endpoints.empty())
    return Error{spec.service + " does not speak " + std::string(to_string(*spec.transport))};
  return endpoints;
}

Result<Core::Bound> Core::bind_one(const Service& service, const Endpoint& endpoint) const {
  for (const auto& mine : listeners_)
    if (endpoint == mine->endpoint && (endpoint.port != 0 || !endpoint.path.empty()))
      return Error{"cannot listen on " + endpoint.to_string() + ": " +
                   std::string(mine->service->info.name) +
                   " of this very server is there already: choose another port"};
  const bool local = endpoint.transport == Transport::local;
  auto sockets = open_listening(endpoint, {.reuse_address = options_.reuse_address,
                                           .share_port = !local && options_.share_port,
                                           .copies = local ? 1 : workers()});
  if (!sockets) {
    if (const auto* mine = overlapping(endpoint))
      return Error{"cannot listen on " + endpoint.to_string() + ": " +
                   std::string(mine->service->info.name) + " of this very server has " +
                   mine->endpoint.to_string() + ": close that first"};
    return sockets.error();
  }
  Bound bound;
  bound.listener = std::make_shared<Listener>();
  bound.listener->service = &service;
  bound.listener->endpoint = endpoint;
  if (!local)
    bound.listener->endpoint.port =
        local_endpoint_of(sockets->front().get(), endpoint.transport).port;
  bound.listener->file = SocketFile(endpoint);
  bound.sockets = std::move(*sockets);
  return bound;
}

const Listener* Core::overlapping(const Endpoint& endpoint) const {
  for (const auto& mine : listeners_)
    if (endpoint.transport != Transport::local && mine->endpoint.transport == endpoint.transport &&
        mine->endpoint.port == endpoint.port &&
        (mine->endpoint.address.is_unspecified() || endpoint.address.is_unspecified()))
      return mine.get();
  return nullptr;
}

/// A service that was given "any free port" gets one number for all its transports and addresses.
/// What is free over TCP may be taken over UDP, so a few numbers are tried.
Result<std::vector<Core::Bound>> Core::bind(const Service& service,
                                            const Endpoints& endpoints) const {
  constexpr int tries_max = 16;
  for (int attempt = 1;; ++attempt) {
    std::vector<Bound> all;
    bool chosen_by_kernel = false;
    Error failure;
    for (auto endpoint : endpoints) {
      if (endpoint.port == 0 && !all.empty()) {
        endpoint.port = all.front().listener->endpoint.port;
        chosen_by_kernel = true;
      }
      auto bound = bind_one(service, endpoint);
      if (!bound) {
        failure = bound.error();
        break;
      }
      all.push_back(std::move(*bound));
    }
    if (all.size() == endpoints.size()) return all;
    if (!chosen_by_kernel || attempt == tries_max) return failure;
  }
}

Endpoints Core::add_listener(std::vector<Bound> bound) {
  Endpoints endpoints;
  for (auto& one : bound) {
    endpoints.push_back(one.listener->endpoint);
    on_every_worker([&](Worker& worker, std::size_t index) {
      if (index < one.sockets.size())
        worker.add_listener(one.listener, std::move(one.sockets[index]));
    });
    const std::lock_guard lock(mutex_);
    listeners_.push_back(std::move(one.listener));
    note_udp_ports();
  }
  return endpoints;
}

void Core::remove_listener(const Listeners& listeners) {
  for (const auto& gone : listeners) {
    gone->file.remove();
    on_every_worker([&](Worker& worker, std::size_t) { worker.remove_listener(*gone); });
    const std::lock_guard lock(mutex_);
    std::erase(listeners_, gone);
    note_udp_ports();
  }
}

void Core::note_udp_ports() {
  std::vector<std::uint16_t> now;
  for (const auto& listener : listeners_)
    if (listener->endpoint.transport == Transport::udp) now.push_back(listener->endpoint.port);
  for (const auto port : std::exchange(udp_ports_, now)) shared_.udp_ports.erase(port);
  for (const auto port : now) shared_.udp_ports.insert(port);
}

Core::Listeners Core::matching(const ListenSpec& spec) const {
  Listeners found;
  for (const auto& listener : listeners_) {
    const auto& at = listener->endpoint;
    if (listener->service->info.name == spec.service &&
        (!spec.transport || *spec.transport == at.transport) &&
        (!spec.address || *spec.address == at.address) && (!spec.port || *spec.port == at.port) &&
        (spec.path.empty() || spec.path == at.path))
      found.push_back(listener);
  }
  return found;
}

std::string Core::describe_listeners() const {
  std::string text;
  for (const auto& listener : listeners_)
    text += (text.empty() ? "open are " : ", ") + std::string(listener->service->info.name) +
            " on " + listener->endpoint.to_string();
  return text.empty() ? "nothing is open" : text;
}

// ---- threads

Result<Endpoints> Core::on_first_worker(const std::function<Result<Endpoints>()>& change) {
  if (stopping_) return Error{"the server is stopping: its listeners can't be changed any more"};
  if (!running_ || loop().get_executor().running_in_this_thread()) return change();
  std::promise<Result<Endpoints>> done;
  asio::post(loop(), [&] { done.set_value(change()); });
  return done.get_future().get();
}

void Core::on_every_worker(const std::function<void(Worker&, std::size_t)>& what) {
  what(*workers_.front(), 0);
  for (std::size_t i = 1; i < workers_.size(); ++i) {
    if (!running_) {
      what(*workers_[i], i);
      continue;
    }
    std::promise<void> done;
    asio::post(workers_[i]->loop(), [&, i] {
      what(*workers_[i], i);
      done.set_value();
    });
    done.get_future().wait();
  }
}

// ---- what the core tells about itself

std::vector<ListenerRow> Core::listeners() const {
  const std::lock_guard lock(mutex_);
  std::vector<ListenerRow> rows;
  for (const auto& service : services_) {
    const auto& info = service->info;
    for (const auto& listener : listeners_)
      if (listener->service == service.get())
        rows.push_back({std::string(info.name), listener->endpoint, info.default_port,
                        listener->accepted.load(std::memory_order_relaxed)});
  }
  return rows;
}

Task<std::vector<SessionRow>> Core::sessions() const {
  std::vector<SessionRow> all;
  for (const auto& worker : workers_) {
    auto rows = co_await asio::co_spawn(worker->loop(), rows_of(*worker), use_task);
    std::move(rows.begin(), rows.end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  co_return all;
}

}  // namespace portlab
