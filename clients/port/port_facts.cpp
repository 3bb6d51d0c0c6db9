#include "clients/port/port_facts.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "clients/cli/terminal.hpp"
#include "clients/net/port_owner.hpp"
#include "common/service_names.hpp"
#include "common/system/port_settings.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

constexpr unsigned label_width = 12;

std::string category_text(std::uint16_t port) {
  const auto category = category_of(port);
  const auto range = range_of(category);
  const std::string_view other = category == PortCategory::well_known   ? "system"
                                 : category == PortCategory::registered ? "user"
                                                                        : "private";
  return std::string(to_string(category)) + " (" + std::to_string(range.first) + " to " +
         std::to_string(range.last) + ", also called " + std::string(other) + ")";
}

/// "tcp: no, python3 (pid 4711) has it".
std::string bind_text(Transport transport, Bindable bindable, std::uint16_t port) {
  const std::string head = std::string(to_string(transport)) + ": ";
  if (bindable == Bindable::free) return head + "yes";
  if (bindable != Bindable::in_use) return head + std::string(to_string(bindable));
  const auto owner = port_owner(transport, port);
  return head + "no, " +
         (owner.empty() ? "another program has it (sudo ss -tulpn shows which)"
                        : owner + " has it");
}

std::string bind_text(const PortFacts& facts) {
  if (facts.tcp == Bindable::forbidden)
    return "no: on this machine you need privileges to listen below " +
           std::to_string(facts.first_unprivileged);
  std::string text;
  if (facts.transport != "udp") text = bind_text(Transport::tcp, facts.tcp, facts.port);
  if (facts.transport.empty()) text += "; ";
  if (facts.transport != "tcp") text += bind_text(Transport::udp, facts.udp, facts.port);
  return text;
}

std::string ephemeral_text(const PortFacts& facts) {
  if (!facts.ephemeral) return "the ephemeral range of this machine can't be read";
  const auto range =
      std::to_string(facts.ephemeral->first) + " to " + std::to_string(facts.ephemeral->last);
  if (facts.ephemeral->contains(facts.port))
    return "yes: this machine picks its client ports from " + range;
  return "no: this machine picks its client ports from " + range;
}

/// Common errors about some numbers.
std::string misconception(std::uint16_t port) {
  if (port == 0)
    return "no service may use port 0: a program that binds port 0 gets any free port from the "
           "kernel";
  if (port == 65353 || port == 65355)
    return "not the last port, although often believed to be: that is 65535";
  if (port == 65535) return "the last port: a port number has 16 bits";
  return {};
}

struct Line {
  std::string transports;
  std::string_view name;
  std::string_view description;
};

/// The registry's entries; those that differ only in the transport are merged.
std::vector<Line> merged(std::uint16_t port, std::string_view transport) {
  std::vector<Line> lines;
  for (const auto& entry : services_at(port)) {
    if (!transport.empty() && entry.transport != transport) continue;
    const auto same = std::find_if(lines.begin(), lines.end(), [&](const Line& line) {
      return line.name == entry.name && line.description == entry.description;
    });
    if (same == lines.end())
      lines.push_back({std::string(entry.transport), entry.name, entry.description});
    else
      same->transports += " " + std::string(entry.transport);
  }
  return lines;
}

}  // namespace

PortFacts facts_of(std::uint16_t port, std::string_view transport) {
  PortFacts facts;
  facts.port = port;
  facts.transport = transport;
  facts.ephemeral = ephemeral_range();
  facts.first_unprivileged = first_unprivileged_port();
  if (port == 0) return facts;
  const asio::ip::address loopback = asio::ip::address_v4::loopback();
  facts.tcp = try_to_bind(tcp_endpoint(loopback, port));
  facts.udp = try_to_bind(udp_endpoint(loopback, port));
  return facts;
}

std::string to_text(const PortFacts& facts, unsigned columns) {
  const auto labelled = [&](std::string_view label, const std::string& text) {
    return portlab::labelled(label, text, columns, label_width);
  };
  std::string text = wrap("port " + std::to_string(facts.port) + ": " + category_text(facts.port),
                          columns, label_width) +
                     "\n";
  const auto lines = merged(facts.port, facts.transport);
  for (const auto& line : lines) {
    std::string what(line.name.empty() ? "no service" : line.name);
    if (!line.description.empty()) what += ": " + std::string(line.description);
    text += labelled(line.transports, what);
  }
  if (lines.empty())
    text += labelled(
        "service",
        category_of(facts.port) == PortCategory::dynamic
            ? "none: ports in this range are never assigned, they are for private and temporary use"
            : "none: IANA has not assigned this port");
  if (const auto belief = misconception(facts.port); !belief.empty())
    text += labelled("note", belief);
  if (facts.port == 0) return text;
  text += labelled("ephemeral", ephemeral_text(facts));
  return text + labelled("listen", "may you listen? " + bind_text(facts));
}

json::value to_json(const PortFacts& facts) {
  json::array services;
  for (const auto& entry : services_at(facts.port))
    if (facts.transport.empty() || entry.transport == facts.transport)
      services.push_back({{"transport", entry.transport},
                          {"name", entry.name},
                          {"description", entry.description}});
  const auto range = range_of(category_of(facts.port));
  json::object out{{"port", facts.port},
                   {"category", to_string(category_of(facts.port))},
                   {"category_range", {{"first", range.first}, {"last", range.last}}},
                   {"services", services}};
  if (facts.ephemeral) out["ephemeral"] = facts.ephemeral->contains(facts.port);
  if (facts.port == 0) return out;
  json::object bind;
  if (facts.transport != "udp") bind["tcp"] = to_string(facts.tcp);
  if (facts.transport != "tcp") bind["udp"] = to_string(facts.udp);
  out["bind"] = std::move(bind);
  return out;
}

std::vector<std::string> registered_lines(std::uint16_t port, std::string_view transport) {
  std::vector<std::string> lines;
  for (const auto& entry : merged(port, transport)) {
    std::string text = entry.transports;
    text.resize(std::max<std::size_t>(text.size() + 1, 14), ' ');
    text += entry.name;
    if (!entry.name.empty()) text.resize(std::max<std::size_t>(text.size() + 1, 31), ' ');
    lines.push_back(text + std::string(entry.description));
  }
  return lines;
}

}  // namespace portlab
