// How Core opens, closes and moves listeners. In three steps: from a spec to endpoints, from
// endpoints to bound sockets, from sockets to the workers that serve them.

#include <algorithm>
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

std::shared_ptr<const std::string> argument_of(const ListenSpec& spec) {
  return spec.argument.empty() ? nullptr : std::make_shared<const std::string>(spec.argument);
}

bool contains(const Endpoints& endpoints, const Endpoint& endpoint) {
  return std::find(endpoints.begin(), endpoints.end(), endpoint) != endpoints.end();
}

}  // namespace

// ---- the changes

ListenResult<Endpoints> Core::change(const std::function<ListenResult<Endpoints>()>& what) {
  ListenResult<Endpoints> result = error_of(Reason::stopping, {});
  if (!stopping_) calls_.serialize([&] { result = what(); });
  return result;
}

ListenResult<Endpoints> Core::listen(const ListenSpec& spec) {
  return change([&] { return listen_serialized(spec); });
}

ListenResult<Endpoints> Core::close(const ListenSpec& spec) {
  return change([&] { return close_serialized(spec); });
}

ListenResult<Endpoints> Core::move(const ListenSpec& spec) {
  return change([&] { return move_serialized(spec); });
}

Endpoints Core::close_exactly(const Endpoints& endpoints) {
  const auto closed = change([&]() -> ListenResult<Endpoints> {
    Listeners found;
    Endpoints at;
    for (const auto& listener : listeners_) {
      if (!contains(endpoints, listener->endpoint)) continue;
      found.push_back(listener);
      at.push_back(listener->endpoint);
    }
    remove_listeners(found);
    for (const auto& listener : found) publish(ChangeEvent::Kind::listener_closed, *listener);
    return at;
  });
  return closed ? *closed : Endpoints();
}

ListenResult<Endpoints> Core::listen_serialized(const ListenSpec& spec) {
  const auto service = find(spec);
  if (!service) return service.error();
  const auto endpoints = resolve_endpoints(**service, spec);
  if (!endpoints) return endpoints.error();
  std::vector<Target> targets;
  for (const auto& endpoint : *endpoints) targets.push_back({endpoint, argument_of(spec)});
  auto bound = bind(**service, targets);
  if (!bound) return bound.error();
  Endpoints opened;
  Listeners added;
  for (const auto& entry : *bound) {
    opened.push_back(entry.listener->endpoint);
    added.push_back(entry.listener);
  }
  add_listeners(std::move(*bound));
  for (const auto& listener : added) publish(ChangeEvent::Kind::listener_opened, *listener);
  return opened;
}

ListenResult<Endpoints> Core::close_serialized(const ListenSpec& spec) {
  const auto service = find(spec);
  if (!service) return service.error();
  const auto found = matching(spec);
  if (found.empty()) return not_open(spec);
  remove_listeners(found);
  Endpoints closed;
  for (const auto& listener : found) {
    closed.push_back(listener->endpoint);
    publish(ChangeEvent::Kind::listener_closed, *listener);
  }
  return closed;
}

Core::MovePlan Core::plan_move(const ListenSpec& spec) const {
  ListenSpec anywhere = spec;
  anywhere.port.reset();
  anywhere.address.reset();
  MovePlan plan;
  for (const auto& listener : matching(anywhere)) {
    Target target{listener->endpoint, listener->argument};
    if (target.endpoint.transport == Transport::local) continue;  // it has no port
    target.endpoint.port = *spec.port;
    if (spec.address) target.endpoint.address = *spec.address;
    if (target.endpoint == listener->endpoint) {
      plan.unchanged.push_back(target.endpoint);
      continue;
    }
    plan.old.push_back(listener);
    const bool is_known =
        std::any_of(plan.targets.begin(), plan.targets.end(),
                    [&](const Target& known) { return known.endpoint == target.endpoint; });
    if (!is_known) plan.targets.push_back(std::move(target));
  }
  std::erase_if(plan.targets,
                [&](const Target& target) { return contains(plan.unchanged, target.endpoint); });
  return plan;
}

ListenResult<Endpoints> Core::move_serialized(const ListenSpec& spec) {
  const auto service = find(spec);
  if (!service) return service.error();
  if (!spec.port) return error_of(Reason::no_target_port, spec);
  const auto plan = plan_move(spec);
  if (plan.old.empty() && plan.unchanged.empty()) return not_open(spec);
  auto bound = bind(**service, plan.targets);  // the new ones open before the old ones close
  if (!bound) return bound.error();
  Listeners added;
  for (const auto& entry : *bound) added.push_back(entry.listener);
  add_listeners(std::move(*bound));
  remove_listeners(plan.old);
  for (const auto& old : plan.old) {
    // The listener that replaces it: of the same transport, at the same address unless all moved to
    // one address, or one that was there before.
    const auto replaces = [&](const auto& listener) {
      return listener->service == old->service &&
             listener->endpoint.transport == old->endpoint.transport &&
             (spec.address || listener->endpoint.address == old->endpoint.address) &&
             (*spec.port == 0 ? std::find(added.begin(), added.end(), listener) != added.end()
                              : listener->endpoint.port == *spec.port);
    };
    const auto found = std::find_if(listeners_.begin(), listeners_.end(), replaces);
    if (found != listeners_.end())
      publish(ChangeEvent::Kind::listener_moved, **found, &old->endpoint);
  }
  Endpoints where;
  for (const auto& listener : added) where.push_back(listener->endpoint);
  where.insert(where.end(), plan.unchanged.begin(), plan.unchanged.end());
  return where;
}

// ---- from a spec to endpoints

ListenResult<const Service*> Core::find(const ListenSpec& spec) const {
  for (const auto& service : services_)
    if (service->info.name == spec.service) return service.get();
  auto error = error_of(Reason::unknown_service, spec);
  for (const auto& service : services_)
    if (!service->info.is_admin) error.services.emplace_back(service->info.name);
  return error;
}

ListenResult<Endpoints> Core::endpoints_of(const ListenSpec& spec) const {
  const auto service = find(spec);
  if (!service) return service.error();
  return resolve_endpoints(**service, spec);
}

ListenResult<Endpoints> Core::resolve_endpoints(const Service& service,
                                                const ListenSpec& spec) const {
  const auto& info = service.info;
  if (info.takes_argument && spec.argument.empty()) return error_of(Reason::argument_missing, spec);
  if (!info.takes_argument && !spec.argument.empty())
    return error_of(Reason::argument_unexpected, spec);
  const auto wrong_transport = [&](Transport transport) {
    auto error = error_of(Reason::wrong_transport, spec);
    error.endpoint.transport = transport;
    return error;
  };
  if (!spec.path.empty()) {
    if (!service.stream) return wrong_transport(Transport::local);
    return Endpoints{local_endpoint(spec.path)};
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
    if (service.datagram && (any || *spec.transport == Transport::udp))
      endpoints.push_back(udp_endpoint(address, number));
  }
  if (endpoints.empty()) return wrong_transport(*spec.transport);
  return endpoints;
}

Core::Listeners Core::matching(const ListenSpec& spec) const {
  Listeners found;
  for (const auto& listener : listeners_) {
    const auto& at = listener->endpoint;
    const bool same_argument =
        spec.argument.empty() || (listener->argument && *listener->argument == spec.argument);
    if (listener->service->info.name == spec.service && same_argument &&
        (!spec.transport || *spec.transport == at.transport) &&
        (!spec.address || *spec.address == at.address) && (!spec.port || *spec.port == at.port) &&
        (spec.path.empty() || spec.path == at.path))
      found.push_back(listener);
  }
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
  for (int attempt = 1;; ++attempt) {
    std::vector<Bound> bound;
    bool chosen_by_kernel = false;
    ListenError failure;
    for (auto target : targets) {
      if (target.endpoint.port == 0 && !bound.empty()) {
        target.endpoint.port = bound.front().listener->endpoint.port;
        chosen_by_kernel = true;
      }
      auto next = bind_one(service, target);
      if (!next) {
        failure = next.error();
        break;
      }
      bound.push_back(std::move(*next));
    }
    if (bound.size() == targets.size()) return bound;
    if (!chosen_by_kernel || attempt == attempts_max) return failure;
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
  auto sockets = open_listening(endpoint, {.reuse_address = options_.reuse_address,
                                           .share_port = !local && options_.share_port,
                                           .copies = local ? 1 : workers()});
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

void Core::add_listeners(std::vector<Bound> bound) {
  for (auto& entry : bound) {
    {
      const std::lock_guard lock(mutex_);
      listeners_.push_back(entry.listener);
      if (stopping_) entry.listener->file.remove();  // the stop may have removed the others already
    }
    update_udp_ports();
    calls_.run_on_each([&](std::size_t worker) {
      if (worker < entry.sockets.size())
        workers_[worker]->add_listener(entry.listener, std::move(entry.sockets[worker]));
    });
  }
}

void Core::remove_listeners(const Listeners& listeners) {
  for (const auto& listener : listeners) {
    {
      const std::lock_guard lock(mutex_);
      listener->file.remove();
    }
    calls_.run_on_each([&](std::size_t worker) { workers_[worker]->remove_listener(*listener); });
    {
      const std::lock_guard lock(mutex_);
      std::erase(listeners_, listener);
    }
    update_udp_ports();
  }
}

void Core::update_udp_ports() {
  std::vector<std::uint16_t> ports;
  for (const auto& listener : listeners_)
    if (listener->endpoint.transport == Transport::udp) ports.push_back(listener->endpoint.port);
  for (const auto port : std::exchange(udp_ports_, ports)) shared_.udp_ports.erase(port);
  for (const auto port : ports) shared_.udp_ports.insert(port);
}

void Core::publish(ChangeEvent::Kind kind, const Listener& listener, const Endpoint* moved_from) {
  if (!shared_.changes.has_subscribers()) return;
  ChangeEvent event;
  event.kind = kind;
  event.listener = listener.row();
  if (moved_from != nullptr) event.moved_from = *moved_from;
  shared_.changes.publish(event);
}

}  // namespace portlab
