// How Core opens, closes and moves listeners. In three steps: from a spec to endpoints, from
// endpoints to bound sockets, from sockets to the workers that serve them.

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <functional>
#include <future>
#include <utility>

#include "servers/listener/core.hpp"

namespace portlab {

namespace {

using Endpoints = Core::Endpoints;
using Reason = ListenError::Reason;

ListenError error_of(Reason reason, const ListenSpec& spec) {
  ListenError error;
  error.reason = reason;
  error.service = spec.service;
  return error;
}

Endpoints endpoints_at(const std::vector<std::shared_ptr<Listener>>& listeners) {
  Endpoints endpoints;
  for (const auto& listener : listeners) endpoints.push_back(listener->endpoint);
  return endpoints;
}

/// Posted: a service must not change listeners inside the change that accepted its session.
Task<ListenResult<Endpoints>> on_worker_0(Core& core, Core::Change what, const ListenSpec& spec) {
  co_await asio::post(core.loop(), use_task);
  co_return (core.*what)(spec);
}

}  // namespace

// ---- the changes

Task<ListenResult<Endpoints>> Core::change(Change what, ListenSpec spec) {
  auto result = co_await asio::co_spawn(loop(), on_worker_0(*this, what, spec), use_task);
  co_return result;
}

ListenResult<Endpoints> Core::listen(const ListenSpec& spec) {
  if (stopping_) return error_of(Reason::stopping, spec);
  const auto endpoints = endpoints_of(spec);
  if (!endpoints) return endpoints.error();
  std::vector<Target> targets;
  for (const auto& endpoint : *endpoints) targets.push_back({endpoint, spec.argument});
  auto bound = bind(**find(spec), targets);
  if (!bound) return bound.error();
  const auto added = add_listeners(std::move(*bound));
  for (const auto& listener : added) publish(ChangeEvent::Kind::listener_opened, *listener);
  return endpoints_at(added);
}

ListenResult<Endpoints> Core::close(const ListenSpec& spec) {
  if (stopping_) return error_of(Reason::stopping, spec);
  if (const auto service = find(spec); !service) return service.error();
  const auto found = matching(spec);
  if (found.empty()) return not_open(spec);
  remove_listeners(found);
  for (const auto& listener : found) publish(ChangeEvent::Kind::listener_closed, *listener);
  return endpoints_at(found);
}

ListenResult<Endpoints> Core::move(const ListenSpec& spec) {
  if (stopping_) return error_of(Reason::stopping, spec);
  const auto service = find(spec);
  if (!service) return service.error();
  if (!spec.port) return error_of(Reason::no_target_port, spec);
  const auto to_move = listeners_to_move(spec);
  if (!to_move) return to_move.error();
  const auto& old = *to_move;

  const auto target_of = [&](const Listener& listener) {
    auto endpoint = listener.endpoint;
    endpoint.port = *spec.port;
    if (spec.address) endpoint.address = *spec.address;
    return endpoint;
  };
  const auto stays = [&](const auto& listener) {
    return listener->endpoint == target_of(*listener);
  };
  const auto find_old = [&](const Endpoint& endpoint) {
    return std::ranges::find(old, endpoint, [](const auto& l) { return l->endpoint; });
  };
  std::vector<Target> targets;  // where no listener of the service is yet
  for (const auto& listener : old) {
    const auto endpoint = target_of(*listener);
    if (find_old(endpoint) == old.end() &&
        std::ranges::find(targets, endpoint, &Target::endpoint) == targets.end())
      targets.push_back({endpoint, listener->argument});
  }
  for (const auto& [endpoint, argument] : targets)
    if (const auto may = checked(**service, {endpoint}, argument); !may) return may.error();
  Listeners gone;
  std::ranges::remove_copy_if(old, std::back_inserter(gone), stays);
  auto bound = bind(**service, targets);  // the new ones open before the old ones close
  // Except where the old ones are in the way: 127.0.0.1:80 and 0.0.0.0:80 exclude each other.
  const bool in_the_way = !bound && bound.error().reason == Reason::own_listener &&
                          std::ranges::all_of(bound.error().open, [&](const ListenerRow& row) {
                            return find_old(row.endpoint) != old.end();
                          });
  if (in_the_way) {
    remove_listeners(gone);
    bound = bind(**service, targets);
    if (!bound) reopen(gone);
  }
  if (!bound) return bound.error();
  const auto added = add_listeners(std::move(*bound));
  if (!in_the_way) remove_listeners(gone);
  for (const auto& listener : gone) {
    const auto endpoint = target_of(*listener);
    const auto target = std::ranges::find(targets, endpoint, &Target::endpoint);
    auto& replacement = target == targets.end()
                            ? **find_old(endpoint)
                            : *added[static_cast<std::size_t>(target - targets.begin())];
    replacement.accepted += listener->accepted;
    publish(ChangeEvent::Kind::listener_moved, replacement, listener->endpoint);
  }
  auto where = endpoints_at(added);
  for (const auto& listener : old)
    if (stays(listener)) where.push_back(listener->endpoint);
  return where;
}

// ---- from a spec to endpoints

ListenResult<const Service*> Core::find(const ListenSpec& spec) const {
  for (const auto& service : services_)
    if (service->info.name == spec.service) return service.get();
  auto error = error_of(Reason::unknown_service, spec);
  for (const auto& service : services_)
    if (!service->is_admin) error.services.emplace_back(service->info.name);
  return error;
}

ListenResult<Endpoints> Core::endpoints_of(const ListenSpec& spec) const {
  const auto found = find(spec);
  if (!found) return found.error();
  const auto& service = **found;
  const auto& info = service.info;
  if (info.argument.empty() != spec.argument.empty())
    return error_of(spec.argument.empty() ? Reason::argument_missing : Reason::argument_unexpected,
                    spec);
  const auto wrong_transport = [&](Transport transport) {
    auto error = error_of(Reason::wrong_transport, spec);
    error.endpoint.transport = transport;
    return error;
  };
  if (!spec.path.empty()) {
    if (!service.stream) return wrong_transport(Transport::local);
    return checked(service, {local_endpoint(spec.path)}, spec.argument);
  }
  const std::uint32_t port =
      spec.port ? *spec.port : std::uint32_t{info.default_port} + options_.shift;
  if (port > 65535) return error_of(Reason::port_out_of_range, spec);
  const auto number = static_cast<std::uint16_t>(port);
  const auto addresses = spec.address ? std::vector{*spec.address} : options_.default_addresses;
  const bool any = !spec.transport;
  Endpoints endpoints;
  for (const auto& address : addresses) {
    if (service.stream && (any || *spec.transport == Transport::tcp))
      endpoints.push_back(tcp_endpoint(address, number));
    if (service.speaks_udp() && (any ? !info.udp_if_named : *spec.transport == Transport::udp))
      endpoints.push_back(udp_endpoint(address, number));
  }
  if (endpoints.empty()) return wrong_transport(spec.transport.value_or(Transport::udp));
  return checked(service, std::move(endpoints), spec.argument);
}

ListenResult<Endpoints> Core::checked(const Service& service, Endpoints endpoints,
                                      std::string_view argument) const {
  if (!service.check) return endpoints;
  for (const auto& endpoint : endpoints) {
    const auto done = service.check({endpoint, argument, !running_});
    if (done) continue;
    ListenError error;
    error.reason = Reason::argument_wrong;
    error.service = service.info.name;
    error.endpoint = endpoint;
    error.detail = done.error().text;
    return error;
  }
  return endpoints;
}

Core::Listeners Core::matching(const ListenSpec& spec) const {
  Listeners found;
  for (const auto& listener : listeners_) {
    const auto& at = listener->endpoint;
    if (listener->service->info.name == spec.service &&
        (spec.argument.empty() || spec.argument == listener->argument) &&
        (!spec.transport || *spec.transport == at.transport) &&
        (!spec.address || *spec.address == at.address) && (!spec.port || *spec.port == at.port) &&
        (spec.path.empty() || spec.path == at.path))
      found.push_back(listener);
  }
  return found;
}

ListenResult<Core::Listeners> Core::listeners_to_move(const ListenSpec& spec) const {
  ListenSpec anywhere = spec;
  anywhere.port.reset();
  anywhere.address.reset();
  auto found = matching(anywhere);
  std::erase_if(found, [](const auto& l) { return l->endpoint.transport == Transport::local; });
  if (found.empty()) return not_open(spec);
  auto several = error_of(Reason::several_open, spec);
  for (const auto& listener : found) several.open.push_back(listener->row());

  const auto is_at = [](std::uint32_t port) {
    return [port](const auto& listener) { return listener->endpoint.port == port; };
  };
  const auto& info = found.front()->service->info;
  const auto home = info.default_port == 0 ? std::uint32_t{0}  // it has no default port
                                           : std::uint32_t{info.default_port} + options_.shift;
  const auto port = spec.from_port                            ? *spec.from_port
                    : std::ranges::any_of(found, is_at(home)) ? home
                                                              : found.front()->endpoint.port;
  const bool chosen = spec.from_port || port == home;
  std::erase_if(found, std::not_fn(is_at(port)));
  if (found.empty()) return not_open(spec);
  if (!chosen && found.size() != several.open.size()) return several;
  if (!spec.address) return found;
  // To one address: one listener of each transport, of this family if there are both.
  const auto other_family = [&](const auto& listener) {
    return listener->endpoint.address.is_v4() != spec.address->is_v4();
  };
  if (!std::ranges::all_of(found, other_family)) std::erase_if(found, other_family);
  for (const auto transport : {Transport::tcp, Transport::udp})
    if (std::ranges::count_if(
            found, [&](const auto& l) { return l->endpoint.transport == transport; }) > 1)
      return several;
  return found;
}

ListenError Core::not_open(const ListenSpec& spec) const {
  auto error = error_of(Reason::not_open, spec);
  for (const auto& listener : listeners_) error.open.push_back(listener->row());
  return error;
}

// ---- from endpoints to bound sockets

/// A service at "any free port" gets one number for all its transports and addresses. A number that
/// is free over TCP may be in use over UDP, so a few are tried.
ListenResult<std::vector<Core::Bound>> Core::bind(const Service& service,
                                                  const std::vector<Target>& targets) const {
  constexpr int attempts_max = 16;
  const bool any_port = std::any_of(targets.begin(), targets.end(),
                                    [](const auto& target) { return target.endpoint.port == 0; });
  for (int attempt = 1;; ++attempt) {
    std::vector<Bound> bound;
    ListenError failure;
    for (auto target : targets) {
      if (target.endpoint.port == 0 && !bound.empty())
        target.endpoint.port = bound.front().listener->endpoint.port;
      auto next = bind_one(service, target);
      if (!next) {
        failure = next.error();
        break;
      }
      bound.push_back(std::move(*next));
    }
    if (bound.size() == targets.size()) return bound;
    const bool in_use =
        failure.reason == Reason::own_listener || failure.error_number == EADDRINUSE;
    if (!any_port || !in_use || attempt == attempts_max) return failure;
  }
}

ListenResult<Core::Bound> Core::bind_one(const Service& service, const Target& target) const {
  const auto& endpoint = target.endpoint;
  const bool local = endpoint.transport == Transport::local;
  const auto* own = overlapping(endpoint);
  const auto own_listener = [&] {
    ListenError error;
    error.reason = Reason::own_listener;
    error.service = service.info.name;
    error.endpoint = endpoint;
    error.open.push_back(own->row());
    return error;
  };
  if (own != nullptr && own->endpoint == endpoint) return own_listener();
  ListenOptions options{.reuse_address = options_.reuse_address};
  if (!local) {
    options.share_port = options_.share_port;
    options.copies = workers();
    options.backlog = options_.backlog;
  }
  auto sockets = open_listening(endpoint, options);
  if (!sockets) return own != nullptr ? own_listener() : sockets.error();
  Bound bound;
  bound.listener = std::make_shared<Listener>();
  bound.listener->service = &service;
  bound.listener->endpoint = endpoint;
  bound.listener->argument = target.argument;
  if (!local)
    bound.listener->endpoint.port =
        local_endpoint_of(sockets->front().get(), endpoint.transport).port;
  bound.listener->file = SocketFile(endpoint);
  bound.sockets = std::move(*sockets);
  return bound;
}

const Listener* Core::overlapping(const Endpoint& endpoint) const {
  const bool local = endpoint.transport == Transport::local;
  if (!local && endpoint.port == 0) return nullptr;
  const Listener* covering = nullptr;
  for (const auto& listener : listeners_) {
    const auto& at = listener->endpoint;
    if (at == endpoint) return listener.get();
    if (!local && at.transport == endpoint.transport && at.port == endpoint.port &&
        (at.address.is_unspecified() || endpoint.address.is_unspecified()))
      covering = listener.get();
  }
  return covering;
}

// ---- from sockets to the workers

Core::Listeners Core::add_listeners(std::vector<Bound> bound) {
  Listeners added;
  for (auto& entry : bound) {
    added.push_back(entry.listener);
    {
      const std::lock_guard lock(mutex_);
      listeners_.push_back(entry.listener);
    }
    on_each_worker([&](std::size_t worker) {
      if (worker < entry.sockets.size())
        workers_[worker]->add_listener(entry.listener, std::move(entry.sockets[worker]));
    });
  }
  return added;
}

void Core::remove_listeners(const Listeners& listeners) {
  for (const auto& listener : listeners) {
    listener->file.remove();
    on_each_worker([&](std::size_t worker) { workers_[worker]->remove_listener(*listener); });
    {
      const std::lock_guard lock(mutex_);
      std::erase(listeners_, listener);
    }
  }
}

void Core::reopen(const Listeners& closed) {
  for (const auto& listener : closed) {
    auto bound = bind(*listener->service, {{listener->endpoint, listener->argument}});
    if (!bound) {  // another program took the port in between
      publish(ChangeEvent::Kind::listener_closed, *listener);
      continue;
    }
    add_listeners(std::move(*bound)).front()->accepted += listener->accepted;
  }
}

void Core::on_each_worker(const std::function<void(std::size_t)>& what) {
  what(0);
  for (std::size_t i = 1; i < workers_.size(); ++i) {
    if (!running_) {  // no worker has a thread yet
      what(i);
      continue;
    }
    // The worker's loop runs at least until worker 0 has stopped.
    std::packaged_task<void()> part([&] { what(i); });
    auto done = part.get_future();
    asio::post(workers_[i]->loop(), std::move(part));
    done.get();
  }
}

void Core::publish(ChangeEvent::Kind kind, const Listener& listener,
                   std::optional<Endpoint> moved_from) {
  shared_.changes.publish(
      {.kind = kind, .listener = listener.row(), .moved_from = std::move(moved_from)});
}

}  // namespace portlab
