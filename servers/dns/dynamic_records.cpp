#include "servers/dns/dynamic_records.hpp"

#include <algorithm>

#include "common/dns/rdata.hpp"

namespace portlab::dns {
namespace {

// Listeners of one service that are told apart in an answer.
constexpr std::size_t ports_max = 16;
// SRV: priority, weight, port, target (RFC 2782).
constexpr std::size_t port_offset = 4;
constexpr std::size_t target_offset = 6;

// IANA calls the service on port 53 "domain"; here it is called dns.
std::string_view our_name_for(std::string_view label) {
  return equal_ignoring_case(label, "domain") ? std::string_view("dns") : label;
}

std::vector<std::uint16_t> live_ports(const Name& owner, const ListenersNow& listeners_now) {
  std::vector<std::uint16_t> ports;
  const auto service = owner.first_label();
  const auto parent = owner.parent();
  const auto transport = parent.first_label();
  if (!service.starts_with('_') || !transport.starts_with('_') || !listeners_now) return ports;
  for (const auto& row : listeners_now()) {
    if (!equal_ignoring_case(to_string(row.endpoint.transport), transport.substr(1))) continue;
    if (!equal_ignoring_case(row.service, our_name_for(service.substr(1)))) continue;
    if (std::find(ports.begin(), ports.end(), row.endpoint.port) == ports.end() &&
        ports.size() < ports_max)
      ports.push_back(row.endpoint.port);
  }
  return ports;
}

void set_port(std::string& rdata, std::uint16_t port) {
  rdata[port_offset] = static_cast<char>(static_cast<std::uint8_t>(port >> 8));
  rdata[port_offset + 1] = static_cast<char>(static_cast<std::uint8_t>(port));
}

}  // namespace

std::optional<Rrset> asker_as(Type type, const Endpoint& client) {
  Rrset made{type, 0, {}, false};
  if (type == Type::TXT) {
    auto text = character_string(client.to_string());
    if (!text) return std::nullopt;
    made.rdata.push_back(std::move(*text));
  } else if (type == Type::A && client.address.is_v4()) {
    const auto bytes = client.address.to_v4().to_bytes();
    made.rdata.emplace_back(bytes.begin(), bytes.end());
  } else if (type == Type::AAAA && client.address.is_v6()) {
    const auto bytes = client.address.to_v6().to_bytes();
    made.rdata.emplace_back(bytes.begin(), bytes.end());
  } else {
    return std::nullopt;
  }
  return made;
}

Rrset with_live_ports(const Rrset& srv, const Name& owner, const ListenersNow& listeners_now) {
  const auto ports = live_ports(owner, listeners_now);
  Rrset live = srv;
  if (!ports.empty()) {
    live.ttl = 0;  // true now; HTTP may move in the next second
    live.rdata.clear();
    for (const auto& rdata : srv.rdata) {
      for (const auto port : ports) {
        std::string moved = rdata;
        set_port(moved, port);
        if (std::find(live.rdata.begin(), live.rdata.end(), moved) == live.rdata.end())
          live.rdata.push_back(std::move(moved));
      }
    }
    return live;
  }
  const auto is_wherever = [](const std::string& rdata) {
    return rdata[port_offset] == 0 && rdata[port_offset + 1] == 0;
  };
  if (std::all_of(srv.rdata.begin(), srv.rdata.end(), is_wherever)) {
    live.ttl = 0;
    live.rdata.resize(1);
    live.rdata.front().resize(target_offset);
    live.rdata.front() += '\0';
  }
  return live;
}

}  // namespace portlab::dns
