#include "labs/network/office/port_forwards.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <optional>
#include <tuple>

#include "common/port.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/office_plan.hpp"

namespace portlab::office {

namespace json = boost::json;

namespace {

std::string map_of(Transport transport) { return "forwarded_" + std::string(to_string(transport)); }

/// The elements of a map: [[8080, {"concat": ["192.168.1.10", 80]}], …]. Throws for another form.
void add_elements(const json::object& map, Transport transport, std::vector<PortForward>& to) {
  if (!map.contains("elem")) return;
  for (const auto& element : map.at("elem").as_array()) {
    const auto& pair = element.as_array();
    const auto& target = pair.at(1).as_object().at("concat").as_array();
    to.push_back({transport, json::value_to<std::uint16_t>(pair.at(0)),
                  asio::ip::make_address(std::string(target.at(0).as_string())),
                  json::value_to<std::uint16_t>(target.at(1))});
  }
}

std::vector<std::string> element_command(const char* verb, const PortForward& forward,
                                         const std::string& element) {
  return {"nft", verb, "element", "ip", "office", map_of(forward.transport), "{ " + element + " }"};
}

}  // namespace

Result<OutsidePort> parse_outside_port(std::string_view text) {
  OutsidePort result;
  const auto slash = text.find('/');
  const auto transport = slash == std::string_view::npos ? "tcp" : text.substr(slash + 1);
  if (transport != "tcp" && transport != "udp")
    return Error{"'" + std::string(text) + "': after the slash there is tcp or udp: 8080/tcp"};
  if (transport == "udp") result.transport = Transport::udp;
  const auto port = parse_port(std::string(text.substr(0, slash)));
  if (!port || *port == 0)
    return Error{"'" + std::string(text) + "' is no port of the router: a number from 1 to 65535"};
  result.port = *port;
  return result;
}

Result<Endpoint> parse_forward_target(const std::string& text) {
  const auto where = parse_host_and_port(text);
  if (!where) return where.error();
  const auto* host = find_host(where->host);
  if (host == nullptr)
    if (const auto address = parse_address(where->host)) host = host_at(*address);
  const bool inside = host != nullptr && !host->address.empty() && host->second.empty() &&
                      host->address != internet_address;
  if (!inside)
    return Error{"'" + where->host + "' is no host inside the office: pc1, pc2, pc3 or server1"};
  if (!where->port || *where->port == 0)
    return Error{"'" + text + "' has no port: " + std::string(host->name) + ":80"};
  return Endpoint{Transport::tcp, asio::ip::make_address(host->address), *where->port, {}};
}

std::optional<std::vector<PortForward>> parse_forwards(std::string_view text) {
  std::vector<PortForward> forwards;
  boost::system::error_code failed;
  const auto document = json::parse(text, failed);
  if (failed) return std::nullopt;
  try {
    for (const auto& each : document.as_object().at("nftables").as_array()) {
      const auto* const map = each.as_object().if_contains("map");
      if (map == nullptr) continue;
      for (const auto transport : {Transport::tcp, Transport::udp})
        if (map->as_object().at("name").as_string() == map_of(transport))
          add_elements(map->as_object(), transport, forwards);
    }
  } catch (const std::exception&) {
    return std::nullopt;
  }
  std::ranges::sort(forwards, {},
                    [](const PortForward& each) { return std::tuple(each.transport, each.port); });
  return forwards;
}

Result<std::vector<PortForward>> read_forwards(const RunningOffice& office) {
  auto ports = read_router_ports(office);
  if (!ports) return ports.error();
  return std::move(ports->forwards);
}

// Accepted ports ----------------------------------------------------------------------------------

namespace {

/// A string of the object; empty: it has none of this name.
std::string_view text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->as_string())
                                                : std::string_view();
}

/// Adds the ports that the right side of a match names: 8085, {"range": [8000, 8100]}, {"set": […]}.
void add_ports(const json::value& right, Transport transport, std::vector<AcceptedPorts>& to) {
  if (right.is_number()) {
    const auto port = json::value_to<std::uint16_t>(right);
    to.push_back({transport, port, port});
  }
  if (!right.is_object()) return;
  if (const auto* range = right.as_object().if_contains("range"))
    to.push_back({transport, json::value_to<std::uint16_t>(range->as_array().at(0)),
                  json::value_to<std::uint16_t>(range->as_array().at(1))});
  if (const auto* set = right.as_object().if_contains("set"))
    for (const auto& each : set->as_array()) add_ports(each, transport, to);
}

/// Whether a match (other than that of the port) can be true of a packet from the internet.
bool fits_visitor(const json::object& left, const json::value& right) {
  if (left.contains("ct")) return true;
  if (!right.is_string()) return false;
  const std::string_view text = right.as_string();
  return text == "wan" || text == outside_address || text == internet_address || text == "tcp" ||
         text == "udp";
}

/// Adds the ports that this rule of the chain accepts. True: it drops or rejects every packet that
/// reaches it, so later rules have no effect.
bool read_rule(const json::array& statements, std::vector<AcceptedPorts>& to) {
  std::vector<AcceptedPorts> ports;
  bool has_match = false, fits = true, accepts = false, drops = false;
  for (const auto& each : statements) {
    const auto& statement = each.as_object();
    accepts = accepts || statement.contains("accept");
    drops = drops || statement.contains("drop") || statement.contains("reject");
    const auto* match = statement.if_contains("match");
    if (match == nullptr) continue;
    has_match = true;
    const auto& left = match->as_object().at("left");
    const auto& right = match->as_object().at("right");
    const bool is_equal = text_of(match->as_object(), "op") != "!=";
    const auto* payload = left.is_object() ? left.as_object().if_contains("payload") : nullptr;
    const bool is_port = payload != nullptr && text_of(payload->as_object(), "field") == "dport";
    if (is_port && is_equal) {
      const auto protocol = text_of(payload->as_object(), "protocol");
      for (const auto transport : {Transport::tcp, Transport::udp})
        if (protocol == to_string(transport) || protocol == "th")
          add_ports(right, transport, ports);
    } else {
      fits = fits && is_equal && left.is_object() && fits_visitor(left.as_object(), right);
    }
  }
  if (accepts && fits) to.insert(to.end(), ports.begin(), ports.end());
  return drops && !has_match;
}

/// Those of the chain input, in the order of its rules. Throws for another form.
std::vector<AcceptedPorts> accepted_ports(const json::value& document) {
  std::vector<AcceptedPorts> accepted;
  bool has_ended = false;
  for (const auto& each : document.as_object().at("nftables").as_array()) {
    const auto* const rule = each.as_object().if_contains("rule");
    if (rule == nullptr || text_of(rule->as_object(), "chain") != "input") continue;
    std::vector<AcceptedPorts> ports;
    const bool ends_here = read_rule(rule->as_object().at("expr").as_array(), ports);
    for (auto& port : ports) port.comes_too_late = has_ended;
    accepted.insert(accepted.end(), ports.begin(), ports.end());
    has_ended = has_ended || ends_here;
  }
  return accepted;
}

}  // namespace

bool RouterPorts::accepts(Transport transport, std::uint16_t port) const {
  return std::ranges::any_of(accepted, [&](const AcceptedPorts& each) {
    return !each.comes_too_late && each.contain(transport, port);
  });
}

std::optional<RouterPorts> parse_router_ports(std::string_view text) {
  auto forwards = parse_forwards(text);
  if (!forwards) return std::nullopt;
  try {
    return RouterPorts{std::move(*forwards), accepted_ports(json::parse(text))};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

Result<RouterPorts> read_router_ports(const RunningOffice& office) {
  const auto listed = run_in(office.host("router"), {"nft", "-j", "list", "table", "ip", "office"});
  auto ports = listed.status == 0 ? parse_router_ports(listed.output) : std::nullopt;
  if (!ports) return Error{"nft: " + listed.output.substr(0, listed.output.find('\n'))};
  return std::move(*ports);
}

std::vector<std::string> add_command(const PortForward& forward) {
  return element_command("add", forward,
                         std::to_string(forward.port) + " : " + forward.address.to_string() +
                             " . " + std::to_string(forward.to_port));
}

std::vector<std::string> remove_command(const PortForward& forward) {
  return element_command("delete", forward, std::to_string(forward.port));
}

}  // namespace portlab::office
