// The map: a drawing of the hosts, and below it what they do.

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "common/text.hpp"
#include "labs/network/office/office_plan.hpp"
#include "labs/network/office/office_text.hpp"

namespace portlab::office {

namespace json = boost::json;

namespace {

constexpr unsigned columns_max = 80;

constexpr const char* drawing =
    "     inside: 192.168.1.0/24                         outside: 203.0.113.0/24\n"
    "\n"
    "  pc1      192.168.1.11 ─┐\n"
    "  pc2      192.168.1.12 ─┤              ┌────────┐\n"
    "  pc3      192.168.1.13 ─┼─ switch ─────┤ router ├───────── internet\n"
    "  server1  192.168.1.10 ─┘  192.168.1.1 └────────┘ 203.0.113.1  203.0.113.80\n"
    "                                     firewall, NAT\n";

constexpr const char* ascii_drawing =
    "     inside: 192.168.1.0/24                         outside: 203.0.113.0/24\n"
    "\n"
    "  pc1      192.168.1.11 -+\n"
    "  pc2      192.168.1.12 -+              +--------+\n"
    "  pc3      192.168.1.13 -+- switch -----+ router +--------- internet\n"
    "  server1  192.168.1.10 -+  192.168.1.1 +--------+ 203.0.113.1  203.0.113.80\n"
    "                                     firewall, NAT\n";

std::string port_text(const OfficeView& view, const OfficeListener& listener) {
  const auto service = view.service(listener);
  auto text = std::to_string(listener.end.port) + (service.empty() ? "" : " " + service);
  // portlabd is the program of nearly all listeners.
  const auto* program = view.program(listener);
  if (program != nullptr && program->name != "portlabd")
    text += " (" + displayable(program->name, 32) + ")";
  return text;
}

/// "tcp 7 echo, 80 http" of one host; each port once, although a socket may listen at several
/// addresses.
std::string ports_text(const OfficeView& view, std::string_view host, Transport transport) {
  std::vector<const OfficeListener*> found;
  for (const auto& each : view.tables.listeners)
    if (each.host == host && each.transport == transport) found.push_back(&each);
  std::ranges::sort(found, {}, [](const auto* each) { return each->end.port; });
  // Not std::ranges::unique: clang 14 can't compile the one of g++ 12.
  const auto same = [](const auto* a, const auto* b) { return a->end.port == b->end.port; };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
  if (found.empty()) return {};
  return std::string(to_string(transport)) + " " +
         join(found, ", ", [&](const auto* each) { return port_text(view, *each); });
}

std::string listeners_text(const OfficeView& view, unsigned columns) {
  std::string text;
  for (const auto& host : hosts()) {
    const auto tcp = ports_text(view, host.name, Transport::tcp);
    const auto udp = ports_text(view, host.name, Transport::udp);
    if (tcp.empty() && udp.empty()) continue;
    text += labelled(host.name, tcp + (tcp.empty() || udp.empty() ? "" : "; ") + udp, columns);
  }
  return text;
}

std::string forwards_text(const OfficeView& view, const TableRoom& room) {
  std::string text;
  for (const auto& each : view.forwards) {
    const auto target = socket_end(each.address, each.to_port);
    text += "  router:" + std::to_string(each.port) + "/" + std::string(to_string(each.transport)) +
            (room.unicode ? " → " : " -> ") + host_name_of(target) + ":" +
            std::to_string(each.to_port) + "\n";
  }
  return text;
}

}  // namespace

std::string map_text(const OfficeView& view, const TableRoom& room) {
  const auto columns = static_cast<unsigned>(std::min<std::size_t>(room.columns, columns_max));
  TableRoom narrow = room;
  narrow.columns = columns;
  std::string text = room.unicode ? drawing : ascii_drawing;
  if (view.office != "office") text = "office " + view.office + "\n\n" + text;
  text += "\nListeners\n" + listeners_text(view, columns);
  const auto forwards = forwards_text(view, room);
  text +=
      "\nForwarded ports\n" +
      (forwards.empty() ? "  none: " + office_command(view.office, "forward 8080 server1:80") + "\n"
                        : forwards);
  text += "\nSessions\n" + sessions_text(view, {.ended = false}, narrow);
  for (const auto& problem : view.problems) text += wrap(problem, columns, 2) + "\n";
  return text;
}

json::value map_json(const OfficeView& view) {
  json::array all;
  for (const auto& host : hosts()) {
    json::array addresses;
    for (const auto each : {host.address, host.second})
      if (!each.empty()) addresses.emplace_back(each);
    all.push_back(json::object{{"name", host.name}, {"addresses", std::move(addresses)}});
  }
  json::array forwards;
  for (const auto& each : view.forwards)
    forwards.push_back(json::object{{"transport", to_string(each.transport)},
                                    {"port", each.port},
                                    {"host", host_name_of(socket_end(each.address, 0))},
                                    {"address", each.address.to_string()},
                                    {"to_port", each.to_port}});
  auto document = sessions_json(view).as_object();
  document["name"] = view.office;
  document["hosts"] = std::move(all);
  document["forwarded"] = std::move(forwards);
  return document;
}

}  // namespace portlab::office
