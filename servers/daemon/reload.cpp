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
  std::vector<Endpoint> added;
  std::string done;
  for (const auto& spec : specs) {
    const auto text = spec.to_string();
    if (const auto known = opened_.find(text); known != opened_.end()) {
      next.insert(*known);
      continue;
    }
    // The text may be new and the endpoint not: "http" that was changed to "http = 80".
    auto endpoints = core_.endpoints_of(spec);
    if (!endpoints || !are_open(spec.service, *endpoints)) {
      endpoints = core_.listen(spec);
      if (!endpoints) {
        core_.close_exactly(added);
        return Error{listen_advice_line(endpoints.error())};
      }
      added.insert(added.end(), endpoints->begin(), endpoints->end());
      done += ", opened " + text;
    }
    next[text] = *endpoints;
  }
  for (const auto& endpoint : core_.close_exactly(superfluous(next)))
    done += ", closed " + endpoint.to_string();
  opened_ = std::move(next);
  return done;
}

bool ConfiguredListeners::are_open(const std::string& service,
                                   const std::vector<Endpoint>& endpoints) const {
  const auto rows = core_.listeners();
  return std::all_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& endpoint) {
    return std::any_of(rows.begin(), rows.end(), [&](const ListenerRow& row) {
      return row.service == service && row.endpoint == endpoint;
    });
  });
}

std::vector<Endpoint> ConfiguredListeners::superfluous(const EndpointsOfSpec& next) const {
  std::vector<Endpoint> found;
  for (const auto& [text, endpoints] : opened_)
    for (const auto& endpoint : endpoints)
      if (std::none_of(next.begin(), next.end(),
                       [&](const auto& entry) { return contains(entry.second, endpoint); }))
        found.push_back(endpoint);
  return found;
}

}  // namespace portlab
