#include "clients/scan/scan_report.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <map>
#include <tuple>

#include "clients/scan/service_questions.hpp"
#include "common/known_services.hpp"
#include "common/service_names.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

namespace json = boost::json;
using std::chrono::microseconds;

/// Ports with the same state, known in the same way, are counted and not listed if they are more.
constexpr std::size_t listed_max = 20;
constexpr std::size_t banner_bytes_max = 120;

struct Group {
  Transport transport;
  PortState state;
  std::string known_by;

  auto key() const { return std::tie(transport, state, known_by); }
  bool operator<(const Group& other) const { return key() < other.key(); }
};
using Groups = std::map<Group, std::vector<const PortResult*>>;

Groups groups_of(const ScanReport& report) {
  Groups groups;
  for (const auto& result : report.results)
    groups[{result.transport, result.state, known_by(result)}].push_back(&result);
  return groups;
}

bool is_listed(const Group& group, std::size_t count) {
  return group.state == PortState::open ||
         (group.state != PortState::unknown && count <= listed_max);
}

/// The ports that have a row of their own, tcp first, by their number.
std::vector<const PortResult*> listed(const Groups& groups) {
  std::vector<const PortResult*> rows;
  for (const auto& [group, results] : groups)
    if (is_listed(group, results.size())) rows.insert(rows.end(), results.begin(), results.end());
  std::sort(rows.begin(), rows.end(), [](const PortResult* a, const PortResult* b) {
    return std::tie(a->transport, a->port) < std::tie(b->transport, b->port);
  });
  return rows;
}

/// "65,535".
std::string with_commas(std::size_t number) {
  auto digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string ports_text(std::size_t count, Transport transport) {
  return with_commas(count) + " " + std::string(to_string(transport)) +
         (count == 1 ? " port" : " ports");
}

/// "0.02 to 0.5 ms" as two times.
std::string times_text(const std::vector<const PortResult*>& results) {
  const auto by_time = [](const PortResult* a, const PortResult* b) { return a->took < b->took; };
  const auto [least, most] = std::minmax_element(results.begin(), results.end(), by_time);
  const auto first = duration_text((*least)->took);
  const auto last = duration_text((*most)->took);
  return first == last ? first : first + " to " + last;
}

std::string scanned_text(const PortList& ports) {
  constexpr std::size_t ranges_max = 8;
  std::string text;
  if (!ports.tcp.empty()) text = "tcp " + ranges_text(ports.tcp, ranges_max);
  if (!ports.udp.empty())
    text += (text.empty() ? "" : "; ") + ("udp " + ranges_text(ports.udp, ranges_max));
  return text;
}

std::string_view style_of(PortState state) {
  return state == PortState::open ? "32" : state == PortState::closed ? "" : "33";
}

std::string shown_banner(const PortResult& result) {
  return printable(std::string_view(result.banner).substr(0, banner_bytes_max));
}

/// What is behind an open port, else the name that the port is registered for.
std::string service_name_of(const PortResult& result) {
  if (result.state != PortState::open)
    return std::string(service_name(result.port, to_string(result.transport)));
  if (!result.service.empty()) return result.service;
  return result.transport == Transport::tcp && !result.was_asked ? "not asked" : "unknown";
}

/// "8021 is not http's port", "83 is registered for mit-ml-dev"; empty: nothing is unusual.
std::string service_note(const PortResult& result) {
  if (result.state != PortState::open) return {};
  const auto number = std::to_string(result.port);
  if (!result.service.empty())
    return is_usual_at(result.service, result.transport, result.port)
               ? ""
               : number + " is not " + result.service + "'s port";
  const auto registered = service_name(result.port, to_string(result.transport));
  return registered.empty() ? "" : number + " is registered for " + std::string(registered);
}

/// A line, and where the output is a terminal no longer than that.
std::string wrapped(const std::string& line, const TableRoom& room, unsigned indentation) {
  if (room.overlong != Overlong::wrap) return line + "\n";
  return wrap(line, static_cast<unsigned>(room.columns), indentation) + "\n";
}

/// The notes are below the table: a row with one in it would be too long for a terminal.
std::string table_text(const Groups& groups, const TableRoom& room) {
  std::string notes;
  TextTable table({{.title = "Port"},
                   {.title = "State"},
                   {.title = "Known by"},
                   {.title = "Took", .right_aligned = true},
                   {.title = "Service"},
                   {.title = "What it says", .shortened = Shortened::at_end}});
  for (const auto* row : listed(groups)) {
    const auto& result = *row;
    table.cell(std::string(to_string(result.transport)) + " " + std::to_string(result.port));
    table.cell(to_string(result.state), style_of(result.state));
    table.cell(known_by(result));
    table.cell(duration_text(result.took));
    const auto note = service_note(result);
    table.cell(service_name_of(result) + (note.empty() ? "" : " *"));
    if (!note.empty()) notes += "* " + note + "\n";
    table.cell(shown_banner(result));
  }
  return table.rows() == 0 ? std::string() : table.to_string(room) + notes;
}

/// IANA's name of a service: "domain" for dns; in lower case.
std::string iana_name(const std::string& service) {
  if (const auto* known = find_known_service(service); known != nullptr) {
    const auto name = service_name(known->default_port, known->tcp ? "tcp" : "udp");
    if (!name.empty()) return std::string(name);
  }
  const auto other = registered_name(service);
  return lower_case(other.empty() ? service : other);
}

/// Whether what answers may be the expected service. What was not recognised may be any.
bool may_be(const PortResult& found, const std::string& expected) {
  const auto& service = found.service;
  if (expected.empty() || service.empty() || service == "tls") return true;
  if (service == "ftp or smtp") return expected == "ftp" || expected == "smtp";
  const auto name = iana_name(expected);
  return iana_name(service) == name || name.starts_with(service + "-");  // http-alt
}

}  // namespace

PortResult& ScanReport::result_at(Transport transport, std::uint16_t port) {
  const bool udp = transport == Transport::udp;
  const auto& list = udp ? ports.udp : ports.tcp;
  const auto place = std::lower_bound(list.begin(), list.end(), port) - list.begin();
  return results.at((udp ? ports.tcp.size() : 0) + static_cast<std::size_t>(place));
}

const PortResult* ScanReport::find(Transport transport, std::uint16_t port) const {
  const auto found = std::find_if(results.begin(), results.end(), [&](const PortResult& result) {
    return result.transport == transport && result.port == port;
  });
  return found == results.end() ? nullptr : &*found;
}

std::size_t ScanReport::count(PortState state) const {
  return static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(),
                    [state](const PortResult& result) { return result.state == state; }));
}

bool ScanReport::has_answer() const {
  return std::any_of(results.begin(), results.end(), [](const PortResult& result) {
    return result.evidence == Evidence::syn_ack ||
           result.evidence == Evidence::syn_ack_then_reset || result.evidence == Evidence::reset ||
           result.evidence == Evidence::datagram ||
           (result.evidence == Evidence::icmp && !is_host_unreachable(result.icmp));
  });
}

bool ScanReport::is_unreachable() const {
  return !has_answer() && std::any_of(results.begin(), results.end(), is_host_missing);
}

std::string_view to_string(AuditFinding::Kind kind) {
  switch (kind) {
    case AuditFinding::Kind::missing:
      return "missing";
    case AuditFinding::Kind::unexpected:
      return "unexpected";
    case AuditFinding::Kind::other_service:
      break;
  }
  return "other service";
}

std::vector<AuditFinding> audit(const ScanReport& report,
                                const std::vector<ExpectedPort>& expected) {
  std::vector<AuditFinding> findings;
  for (const auto& each : expected) {
    const auto transport = each.udp ? Transport::udp : Transport::tcp;
    const auto* found = report.find(transport, each.port);
    const bool open = found != nullptr && found->state == PortState::open;
    if (open && may_be(*found, each.service)) continue;
    findings.push_back({open ? AuditFinding::Kind::other_service : AuditFinding::Kind::missing,
                        transport, each.port, each.service, found});
  }
  for (const auto& result : report.results) {
    if (result.state != PortState::open) continue;
    const bool is_expected =
        std::any_of(expected.begin(), expected.end(), [&](const ExpectedPort& each) {
          return each.port == result.port && each.udp == (result.transport == Transport::udp);
        });
    if (!is_expected)
      findings.push_back(
          {AuditFinding::Kind::unexpected, result.transport, result.port, "", &result});
  }
  return findings;
}

std::string service_text(const PortResult& result) {
  const auto note = service_note(result);
  if (note.empty()) return service_name_of(result);
  return service_name_of(result) + (result.service.empty() ? "; " : ", though ") + note;
}

std::string to_text(const ScanReport& report, const TableRoom& room, bool summary) {
  const auto groups = groups_of(report);
  auto text = table_text(groups, room);
  for (const auto& [group, results] : groups) {
    if (is_listed(group, results.size())) continue;
    const auto count = ports_text(results.size(), group.transport);
    text +=
        group.state == PortState::unknown
            ? count + ": not scanned\n"
            : count + " " + std::string(to_string(group.state)) + ": " + group.known_by +
                  (group.known_by.starts_with("nothing") ? "" : " (" + times_text(results) + ")") +
                  "\n";
  }
  if (!summary) return text;
  std::vector<std::string> counts;
  for (const auto state : {PortState::open, PortState::closed, PortState::filtered,
                           PortState::open_or_filtered, PortState::unknown})
    if (const auto count = report.count(state); count > 0 || state == PortState::open)
      counts.push_back(
          with_commas(count) + " " +
          (state == PortState::unknown ? "not scanned" : std::string(to_string(state))));
  const auto address = report.address.to_string();
  text += wrapped(address + (address == report.host ? "" : " (" + printable(report.host) + ")") +
                      ", " + scanned_text(report.ports) + ": " + join(counts, ", ") + ", in " +
                      duration_text(report.took),
                  room, 2);
  if (!report.others.empty())
    text +=
        wrapped(printable(report.host) + " has other addresses, not scanned: " +
                    join(report.others, ", ", [](const auto& other) { return other.to_string(); }),
                room, 2);
  return text;
}

std::string to_text(const std::vector<AuditFinding>& findings, std::size_t expected,
                    const ScanReport& report, const TableRoom& room) {
  constexpr unsigned kind_width = 13;
  constexpr std::size_t ranges_max = 65'535;  // an audit leaves out no port
  std::string text;
  // What is before and after the ports, in the order of the first port of each.
  struct Line {
    std::string begin, end;
    std::vector<std::uint16_t> ports;
  };
  std::vector<Line> lines;
  for (const auto& finding : findings) {
    const auto& found = *finding.found;
    std::string kind(to_string(finding.kind));
    kind.resize(std::max<std::size_t>(kind.size(), kind_width), ' ');
    const auto begin = kind + "  " + std::string(to_string(finding.transport)) + " ";
    const auto end = (finding.expected.empty() ? "" : " (" + printable(finding.expected) + ")") +
                     ": " + std::string(to_string(found.state)) + ", " +
                     (found.state == PortState::open ? service_text(found) : known_by(found));
    const auto same = std::find_if(lines.begin(), lines.end(), [&](const Line& line) {
      return line.begin == begin && line.end == end;
    });
    if (same != lines.end())
      same->ports.push_back(finding.port);
    else
      lines.push_back({begin, end, {finding.port}});
  }
  for (auto& line : lines) {
    std::sort(line.ports.begin(), line.ports.end());
    text +=
        wrapped(line.begin + ranges_text(line.ports, ranges_max) + line.end, room, kind_width + 2);
  }
  if (!report.complete) return text + "audit: not complete, the scan was stopped\n";
  if (!findings.empty()) return text + "audit: does not agree with what is expected\n";
  if (expected == 0) return "audit: agrees, nothing is open\n";
  return "audit: agrees, exactly what is expected is open (" + std::to_string(expected) +
         (expected == 1 ? " port)\n" : " ports)\n");
}

json::object to_json(const ScanReport& report) {
  const auto groups = groups_of(report);
  const auto object_of = [](const PortResult& result) {
    json::object port{{"transport", to_string(result.transport)},
                      {"port", result.port},
                      {"state", to_string(result.state)},
                      {"known_by", known_by(result)},
                      {"took_ms", static_cast<double>(result.took.count()) / 1000},
                      {"registered", service_name(result.port, to_string(result.transport))}};
    if (result.state == PortState::open) {
      port["service"] = result.service.empty() ? json::value() : json::value(result.service);
      port["banner"] = shown_banner(result);
    }
    return port;
  };
  json::array ports;
  for (const auto* result : listed(groups)) ports.push_back(object_of(*result));
  json::array others;
  for (const auto& [group, results] : groups) {
    if (is_listed(group, results.size())) continue;
    others.push_back(json::object{{"transport", to_string(group.transport)},
                                  {"state", to_string(group.state)},
                                  {"known_by", group.known_by},
                                  {"count", results.size()}});
  }
  json::object scanned;
  if (!report.ports.tcp.empty()) scanned["tcp"] = ranges_text(report.ports.tcp, 65'535);
  if (!report.ports.udp.empty()) scanned["udp"] = ranges_text(report.ports.udp, 65'535);
  return {
      {"host", printable(report.host)}, {"address", report.address.to_string()},
      {"scanned", std::move(scanned)},  {"ports", std::move(ports)},
      {"others", std::move(others)},    {"seconds", static_cast<double>(report.took.count()) / 1e6},
      {"complete", report.complete}};
}

json::object to_json(const std::vector<AuditFinding>& findings) {
  json::array list;
  for (const auto& finding : findings)
    list.push_back(json::object{{"kind", to_string(finding.kind)},
                                {"transport", to_string(finding.transport)},
                                {"port", finding.port},
                                {"expected", printable(finding.expected)},
                                {"state", to_string(finding.found->state)},
                                {"service", finding.found->service}});
  return {{"agrees", findings.empty()}, {"findings", std::move(list)}};
}

}  // namespace portlab
