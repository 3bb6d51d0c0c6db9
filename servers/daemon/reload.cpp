#include "servers/daemon/reload.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "servers/daemon/listen_advice.hpp"

namespace portlab {

namespace {

bool contains(const std::vector<Endpoint>& endpoints, const Endpoint& endpoint) {
  return std::find(endpoints.begin(), endpoints.end(), endpoint) != endpoints.end();
}

}  // namespace

void ConfiguredListeners::open(const std::vector<ListenSpec>& specs) {
  for (const auto& spec : specs) {
    auto opened = core_.listen(spec);
    if (!opened) throw std::runtime_error(listen_advice_lines(opened.error()));
    opened_[spec.to_string()] = std::move(*opened);
  }
}

Result<std::string> ConfiguredListeners::update(const std::vector<ListenSpec>& specs) {
  EndpointsOfSpec next;
  EndpointsOfSpec added;
  std::vector<ListenSpec> replaced;
  std::string done;
  for (const auto& spec : specs) {
    const auto text = spec.to_string();
    if (const auto known = opened_.find(text); known != opened_.end()) {
      next.insert(*known);
      continue;
    }
    // The text may be new and the endpoint not: "http" that was changed to "http = 80".
    auto endpoints = core_.endpoints_of(spec);
    if (!endpoints || !are_open(spec, *endpoints)) {
      if (endpoints) endpoints = listen(spec, replaced);
      if (!endpoints) {
        close(added, {});
        for (const auto& old : replaced) static_cast<void>(core_.listen(old));
        return Error{listen_advice_line(endpoints.error())};
      }
      added[text] = *endpoints;
      done += ", opened " + text;
    }
    next[text] = *endpoints;
  }
  done += close(opened_, next);
  opened_ = std::move(next);
  return done;
}

ListenResult<std::vector<Endpoint>> ConfiguredListeners::listen(const ListenSpec& spec,
                                                                std::vector<ListenSpec>& replaced) {
  auto opened = core_.listen(spec);
  if (opened || opened.error().reason != ListenError::Reason::own_listener) return opened;
  for (const auto& [text, endpoints] : opened_) {
    const auto old = parse_listen_spec(text).value();
    if (old.service != spec.service || old.argument == spec.argument ||
        !contains(endpoints, opened.error().endpoint) || !core_.close(old))
      continue;
    replaced.push_back(old);
    return core_.listen(spec);
  }
  return opened;
}

bool ConfiguredListeners::are_open(const ListenSpec& spec,
                                   const std::vector<Endpoint>& endpoints) const {
  const auto rows = core_.listeners();
  return std::all_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& endpoint) {
    return std::any_of(rows.begin(), rows.end(), [&](const ListenerRow& row) {
      return row.service == spec.service && row.endpoint == endpoint &&
             row.argument == spec.argument;
    });
  });
}

std::string ConfiguredListeners::close(const EndpointsOfSpec& opened, const EndpointsOfSpec& kept) {
  std::string done;
  for (const auto& [text, endpoints] : opened)
    for (const auto& endpoint : endpoints) {
      if (std::any_of(kept.begin(), kept.end(),
                      [&](const auto& entry) { return contains(entry.second, endpoint); }))
        continue;
      auto spec = parse_listen_spec(text).value();
      spec.transport = endpoint.transport;
      if (spec.path.empty()) {
        spec.address = endpoint.address;
        spec.port = endpoint.port;
      }
      if (core_.close(spec)) done += ", closed " + endpoint.to_string();
    }
  return done;
}

}  // namespace portlab
