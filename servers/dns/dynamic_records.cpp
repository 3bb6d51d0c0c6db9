#include "servers/dns/dynamic_records.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/dns/rdata.hpp"
#include "common/text.hpp"

namespace portlab::dns {
namespace {

// The maximum number of ports of one service in a response.
constexpr std::size_t ports_max = 16;
// Offsets in SRV data: priority, weight, port, target (RFC 2782).
constexpr std::size_t port_offset = 4;
constexpr std::size_t target_offset = 6;
constexpr std::string_view root_target("\0", 1);

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

std::string with_port(std::string rdata, std::uint16_t port) {
  rdata[port_offset] = static_cast<char>(static_cast<std::uint8_t>(port >> 8));
  rdata[port_offset + 1] = static_cast<char>(static_cast<std::uint8_t>(port));
  return rdata;
}

// True for port 0, unless the target is "." (RFC 2782: the service is not available).
bool follows_the_service(const std::string& rdata) {
  return rdata[port_offset] == 0 && rdata[port_offset + 1] == 0 &&
         std::string_view(rdata).substr(target_offset) != root_target;
}

// The address of an A or AAAA record.
asio::ip::address address_of(Type type, std::string_view rdata) {
  if (type == Type::A) {
    asio::ip::address_v4::bytes_type bytes{};
    std::copy_n(rdata.begin(), std::min(rdata.size(), bytes.size()), bytes.begin());
    return asio::ip::address_v4(bytes);
  }
  asio::ip::address_v6::bytes_type bytes{};
  std::copy_n(rdata.begin(), std::min(rdata.size(), bytes.size()), bytes.begin());
  return asio::ip::address_v6(bytes);
}

}  // namespace

std::optional<Rrset> client_record(Type type, const Endpoint& client) {
  Rrset record{type, 0, {}, false};
  if (type == Type::TXT) {
    auto text = character_string(client.to_string());
    if (!text) return std::nullopt;
    record.rdata.push_back(std::move(*text));
  } else if ((type == Type::A && client.address.is_v4()) ||
             (type == Type::AAAA && client.address.is_v6())) {
    record.rdata.push_back(rdata_of(client.address));
  } else {
    return std::nullopt;
  }
  return record;
}

Rrset with_current_ports(const Rrset& srv, const Name& owner, const CurrentListeners& listeners) {
  Rrset current = srv;
  if (std::none_of(srv.rdata.begin(), srv.rdata.end(), follows_the_service)) return current;
  const auto ports = current_ports(owner, listeners);
  current.ttl = 0;  // the service may move at any time
  current.rdata.clear();
  const auto add = [&](std::string rdata) {
    if (std::find(current.rdata.begin(), current.rdata.end(), rdata) == current.rdata.end())
      current.rdata.push_back(std::move(rdata));
  };
  for (const auto& rdata : srv.rdata) {
    if (!follows_the_service(rdata)) {
      add(rdata);
      continue;
    }
    for (const auto port : ports) add(with_port(rdata, port));
  }
  if (current.rdata.empty())  // not available
    add(srv.rdata.front().substr(0, target_offset) + std::string(root_target));
  return current;
}

std::optional<Rrset> with_server_address(const Rrset& rrset, const ServerAddresses& addresses) {
  const auto means_this_server = [&](const std::string& rdata) {
    return address_of(rrset.type, rdata).is_loopback();
  };
  if (std::none_of(rrset.rdata.begin(), rrset.rdata.end(), means_this_server)) return std::nullopt;
  const auto& address = rrset.type == Type::A ? addresses.v4 : addresses.v6;
  Rrset seen{rrset.type, rrset.ttl, {}, false};
  for (const auto& rdata : rrset.rdata) {
    if (means_this_server(rdata) && !address) continue;
    auto one = means_this_server(rdata) ? rdata_of(*address) : rdata;
    if (std::find(seen.rdata.begin(), seen.rdata.end(), one) == seen.rdata.end())
      seen.rdata.push_back(std::move(one));
  }
  return seen;
}

}  // namespace portlab::dns
