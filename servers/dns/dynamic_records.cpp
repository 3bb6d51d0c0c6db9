#include "servers/dns/dynamic_records.hpp"

#include <algorithm>

#include "common/dns/rdata.hpp"

namespace portlab::dns {
namespace {

// The maximum number of ports of one service in a response.
constexpr std::size_t ports_max = 16;
// Offsets in SRV data: priority, weight, port, target (RFC 2782).
constexpr std::size_t port_offset = 4;
constexpr std::size_t target_offset = 6;

// IANA's name of the DNS service is "domain"; its name in portlabd is dns.
std::string_view service_of(std::string_view label) {
  return equal_ignoring_case(label, "domain") ? std::string_view("dns") : label;
}

std::vector<std::uint16_t> current_ports(const Name& owner, const CurrentListeners& listeners) {
  std::vector<std::uint16_t> ports;
  const auto service = owner.first_label();
  const auto parent = owner.parent();
  const auto transport = parent.first_label();
  if (!service.starts_with('_') || !transport.starts_with('_') || !listeners) return ports;
  for (const auto& row : listeners()) {
    if (!equal_ignoring_case(to_string(row.endpoint.transport), transport.substr(1))) continue;
    if (!equal_ignoring_case(row.service, service_of(service.substr(1)))) continue;
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

std::optional<Rrset> client_record(Type type, const Endpoint& client) {
  Rrset record{type, 0, {}, false};
  if (type == Type::TXT) {
    auto text = character_string(client.to_string());
    if (!text) return std::nullopt;
    record.rdata.push_back(std::move(*text));
  } else if (type == Type::A && client.address.is_v4()) {
    const auto bytes = client.address.to_v4().to_bytes();
    record.rdata.emplace_back(bytes.begin(), bytes.end());
  } else if (type == Type::AAAA && client.address.is_v6()) {
    const auto bytes = client.address.to_v6().to_bytes();
    record.rdata.emplace_back(bytes.begin(), bytes.end());
  } else {
    return std::nullopt;
  }
  return record;
}

Rrset with_current_ports(const Rrset& srv, const Name& owner, const CurrentListeners& listeners) {
  const auto ports = current_ports(owner, listeners);
  Rrset current = srv;
  if (!ports.empty()) {
    current.ttl = 0;  // the service may move at any time
    current.rdata.clear();
    for (const auto& rdata : srv.rdata) {
      for (const auto port : ports) {
        std::string moved = rdata;
        set_port(moved, port);
        if (std::find(current.rdata.begin(), current.rdata.end(), moved) == current.rdata.end())
          current.rdata.push_back(std::move(moved));
      }
    }
    return current;
  }
  const auto has_port_0 = [](const std::string& rdata) {
    return rdata[port_offset] == 0 && rdata[port_offset + 1] == 0;
  };
  if (std::all_of(srv.rdata.begin(), srv.rdata.end(), has_port_0)) {
    current.ttl = 0;
    current.rdata.resize(1);
    current.rdata.front().resize(target_offset);
    current.rdata.front() += '\0';
  }
  return current;
}

}  // namespace portlab::dns
