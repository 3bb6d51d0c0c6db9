#include "clients/server/server_tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "clients/cli/terminal.hpp"

namespace portlab {

namespace {

/// A row, and whether it follows its parent.
struct Branch {
  const SessionRow* row = nullptr;
  bool below = false;
};

/// The rows, each followed by its children; a child without a parent in the table is a row of its
/// own. One level: data connections have no children.
std::vector<Branch> with_children(std::span<const SessionRow> rows) {
  std::multimap<std::uint64_t, const SessionRow*> children;
  std::set<std::uint64_t> ids;
  for (const auto& row : rows) {
    ids.insert(row.id);
    if (row.parent_id != 0) children.emplace(row.parent_id, &row);
  }
  std::vector<Branch> out;
  out.reserve(rows.size());
  for (const auto& row : rows) {
    if (row.parent_id != 0 && ids.contains(row.parent_id)) continue;
    out.push_back({&row, false});
    const auto [first, last] = children.equal_range(row.id);
    for (auto child = first; child != last; ++child) out.push_back({child->second, true});
  }
  return out;
}

std::string list(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : ", ") + printable(text);
  return all;
}

}  // namespace

std::string listener_table(std::span<const ListenerRow> rows, const TableRoom& room) {
  TextTable table({{.title = "Service"},
                   {.title = "Proto"},
                   {.title = "Listens on", .width_min = 22},
                   {.title = "Default port", .right_aligned = true},
                   {.title = "Sessions so far", .right_aligned = true}});
  bool moved = false;
  for (const auto& row : rows) {
    if (row.endpoint.transport == Transport::local && row.service == "control") continue;
    moved = moved || row.moved();
    table.cells(
        {printable(row.service) + (row.moved() ? " *" : ""), to_string(row.endpoint.transport),
         printable(row.endpoint.address_and_port()),
         row.default_port == 0 ? (room.unicode ? "—" : "-") : std::to_string(row.default_port),
         std::to_string(row.accepted)});
    if (!row.argument.empty())
      table.cells({"", "", (room.unicode ? "⇒ " : "=> ") + printable(row.argument), "", ""});
  }
  if (table.rows() == 0) return "no listeners\n";
  return table.to_string(room) + (moved ? "* moved: not at its default port\n" : "");
}

std::string session_table(std::span<const SessionRow> rows, const TableRoom& room) {
  TextTable table({{.title = "Service"},
                   {.title = "Client", .width_min = 15, .shortened = Shortened::in_middle},
                   {.title = "", .tight_gap = 1},
                   {.title = "Server", .tight_gap = 1, .shortened = Shortened::in_middle},
                   {.title = "Age", .right_aligned = true},
                   {.title = "In", .right_aligned = true},
                   {.title = "Out", .right_aligned = true},
                   {.title = "Last", .shortened = Shortened::at_end}});
  for (const auto& [row, below] : with_children(rows)) {
    if (row->service == "control") continue;  // the request for this table
    // From the end that made the connection.
    const auto& client = row->outgoing ? row->local : row->remote;
    const auto& server = row->outgoing ? row->remote : row->local;
    table.cells({(!below         ? std::string()
                  : room.unicode ? "└ "
                                 : "` ") +
                     printable(row->service),
                 printable(client.address_and_port()), room.unicode ? "→" : "->",
                 printable(server.address_and_port()), short_age(row->age_seconds),
                 short_bytes(row->bytes_in), short_bytes(row->bytes_out),
                 printable(row->note_text())});
  }
  return table.rows() == 0 ? "no sessions\n" : table.to_string(room);
}

std::string session_groups_table(std::span<const SessionRow> rows, const TableRoom& room) {
  struct Group {
    std::size_t count = 0;
    double age_seconds = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
  };
  std::map<std::tuple<asio::ip::address, std::string, Transport>, Group> groups;
  std::size_t sessions = 0;
  for (const auto& row : rows) {
    if (row.service == "control" || row.outgoing) continue;  // outgoing: the target is no client
    auto& group = groups[{row.remote.address, row.service, row.remote.transport}];
    ++group.count;
    group.age_seconds = std::max(group.age_seconds, row.age_seconds);
    group.bytes_in += row.bytes_in;
    group.bytes_out += row.bytes_out;
    ++sessions;
  }
  TextTable table({{.title = "Service"},
                   {.title = "Proto"},
                   {.title = "Client", .width_min = 15, .shortened = Shortened::in_middle},
                   {.title = "Sessions", .right_aligned = true},
                   {.title = "Oldest", .right_aligned = true},
                   {.title = "In", .right_aligned = true},
                   {.title = "Out", .right_aligned = true}});
  for (const auto& [key, group] : groups) {
    const auto& [address, service, transport] = key;
    table.cells({printable(service), to_string(transport), address.to_string(),
                 std::to_string(group.count), short_age(group.age_seconds),
                 short_bytes(group.bytes_in), short_bytes(group.bytes_out)});
  }
  return table.to_string(room) + std::to_string(sessions) +
         " sessions, in one row per client address and service; --all shows each\n";
}

std::string sessions_text(std::span<const SessionRow> rows, const TableRoom& room,
                          std::size_t lines_max) {
  constexpr std::size_t titles = 1;
  return rows.size() + titles > lines_max ? session_groups_table(rows, room)
                                          : session_table(rows, room);
}

std::string urls_text(const ServerUrls& urls) {
  std::string text;
  if (!urls.others.urls.empty()) {
    text += "On other machines:\n";
    for (const auto& url : urls.others.urls) text += "  " + printable(url) + "\n";
    if (!urls.others.dns_servers.empty())
      text += "  export PORTLAB_DNS=" + printable(urls.others.dns_servers.front()) +
              "    (the names, for portlab)\n";
  }
  if (!urls.here.urls.empty()) {
    text += "On this machine:\n";
    for (const auto& url : urls.here.urls) text += "  " + printable(url) + "\n";
  }
  if (text.empty()) return "neither http nor ftp listens: portlab server listen http=8080\n";
  if (urls.others.urls.empty())
    text += "Other machines can't reach it: portlabd --bind 0.0.0.0 listens for them.\n";
  return text;
}

std::string authority_text(std::string_view pem) {
  std::string text;
  while (!pem.empty()) {
    const auto end = std::min(pem.find('\n'), pem.size() - 1);
    text += printable(pem.substr(0, pem[end] == '\n' ? end : end + 1)) + "\n";
    pem.remove_prefix(end + 1);
  }
  return text;
}

std::string status_text(const ServerStatus& status) {
  return "portlabd " + printable(status.version) + ", pid " + std::to_string(status.pid) + ", up " +
         short_age(status.uptime_seconds) + ", " + std::to_string(status.workers) +
         (status.workers == 1 ? " worker" : " workers") +
         (status.refused == 0 ? ""
                              : "\nrefused so far, because there were too many sessions: " +
                                    std::to_string(status.refused)) +
         (status.private_network ? "\nin a private network: portlab enter enters it\n"
                                 : "\nin this machine's network\n");
}

std::string confinement_text(const Confinement& confinement) {
  if (confinement.user.empty()) return {};  // the server does not report it
  const auto user =
      "user " + printable(confinement.user) + ", " +
      (confinement.capabilities.empty() ? "no capabilities" : list(confinement.capabilities));
  if (!confinement.wanted) return "not confined (--confine no): " + user + "\n";
  if (confinement.landlock == 0)
    return "confined: " + user + "; reads all files of its user: this kernel has no Landlock\n";
  return "confined: " + user + "; by Landlock it reads only " + list(confinement.reads) +
         (confinement.sockets.empty()
              ? ", and writes nothing"
              : ", and makes and removes sockets only in " + list(confinement.sockets)) +
         "\n";
}

std::string short_bytes(std::uint64_t bytes) {
  constexpr std::array units{"", "K", "M", "G", "T", "P", "E"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  // 999.5 would be rounded to four digits.
  while (amount >= 999.5 && unit + 1 < units.size()) {
    amount /= 1024;
    ++unit;
  }
  char text[16];
  const bool fraction = unit > 0 && amount < 9.95;
  std::snprintf(text, sizeof text, fraction ? "%.1f%s" : "%.0f%s", amount, units[unit]);
  return text;
}

std::string short_age(double seconds) {
  const auto whole = [](double value, const char* unit) {
    return std::to_string(static_cast<std::int64_t>(value)) + unit;
  };
  seconds = std::clamp(std::isfinite(seconds) ? seconds : 0.0, 0.0, 999 * 86400.0);
  if (seconds < 120) return whole(seconds, "s");
  if (seconds < 2 * 3600) return whole(seconds / 60, "m");
  if (seconds < 2 * 86400) return whole(seconds / 3600, "h");
  return whole(seconds / 86400, "d");
}

}  // namespace portlab
