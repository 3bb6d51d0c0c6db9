#include "clients/server/server_tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <vector>

#include "clients/cli/terminal.hpp"

namespace portlab {

namespace {

std::string tree_branch(const TableRoom& room) { return room.unicode ? "└ " : "` "; }

/// The rows, each followed by its children; a child without a parent in the table is a row of its
/// own.
std::vector<const SessionRow*> with_children(std::span<const SessionRow> rows) {
  std::map<std::uint64_t, std::vector<const SessionRow*>> children;
  std::map<std::uint64_t, bool> is_there;
  for (const auto& row : rows) is_there[row.id] = true;
  for (const auto& row : rows)
    if (row.parent_id != 0 && is_there.contains(row.parent_id))
      children[row.parent_id].push_back(&row);

  std::vector<const SessionRow*> out;
  out.reserve(rows.size());
  for (const auto& row : rows) {
    if (row.parent_id != 0 && is_there.contains(row.parent_id)) continue;
    out.push_back(&row);
    // One level: data connections have no children.
    if (const auto own_children = children.find(row.id); own_children != children.end())
      out.insert(out.end(), own_children->second.begin(), own_children->second.end());
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
  }
  if (table.rows() == 0) return "no listeners\n";
  return table.to_string(room) + (moved ? "* moved: not at its default port\n" : "");
}

std::string session_table(std::span<const SessionRow> rows, const TableRoom& room) {
  TextTable table({{.title = "Service"},
                   {.title = "Client", .width_min = 15},
                   {.title = "", .tight_gap = 1},
                   {.title = "Server", .tight_gap = 1},
                   {.title = "Age", .right_aligned = true},
                   {.title = "In", .right_aligned = true},
                   {.title = "Out", .right_aligned = true},
                   {.title = "Last", .shortened = true}});
  std::map<std::uint64_t, bool> is_there;
  for (const auto& row : rows) is_there[row.id] = true;
  for (const auto* row : with_children(rows)) {
    if (row->service == "control") continue;  // the request for this table
    const bool below = row->parent_id != 0 && is_there.contains(row->parent_id);
    table.cells({(below ? tree_branch(room) : "") + printable(row->service),
                 printable(row->remote.address_and_port()), room.unicode ? "→" : "->",
                 printable(row->local.address_and_port()), short_age(row->age_seconds),
                 short_bytes(row->bytes_in), short_bytes(row->bytes_out), printable(row->note)});
  }
  return table.rows() == 0 ? "no sessions\n" : table.to_string(room);
}

std::string status_text(const ServerStatus& status) {
  return "portlabd " + printable(status.version) + ", pid " + std::to_string(status.pid) + ", up " +
         short_age(status.uptime_seconds) + ", " + std::to_string(status.workers) +
         (status.workers == 1 ? " worker" : " workers") +
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
