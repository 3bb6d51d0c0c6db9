#pragma once
// What `portlab server` prints: a server's own tables. Pure: rows in, text out.

#include <span>
#include <string>

#include "common/control_protocol.hpp"
#include "common/text_table.hpp"

namespace portlab {

/// Service, place, default port, and how many came.
std::string listener_table(std::span<const ListenerRow> rows, const TableRoom& room);

/// Service, client, server, age, bytes, and what it did last; sessions that another one opened
/// (FTP data) stand below it. Those of the control socket are left out.
std::string session_table(std::span<const SessionRow> rows, const TableRoom& room);

/// "portlabd 0.1.0, pid 4711, up 3 min, 1 worker, …".
std::string status_text(const ServerStatus& status);

/// What the server has given up, in sentences for a line each.
std::string confinement_text(const Confinement& walls);

/// A number of bytes in at most five columns: "999", "1.4K", "23M".
std::string short_bytes(std::uint64_t bytes);
/// A duration in at most four columns: "7s", "12m", "3h", "200d".
std::string short_age(double seconds);

}  // namespace portlab
