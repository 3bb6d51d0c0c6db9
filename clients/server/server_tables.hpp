#pragma once
// The tables that `portlab server` prints. Pure: rows in, text out.

#include <span>
#include <string>

#include "common/control_protocol.hpp"
#include "common/text_table.hpp"

namespace portlab {

/// Service, endpoint, default port, and number of sessions.
std::string listener_table(std::span<const ListenerRow> rows, const TableRoom& room);

/// Service, client, server, age, bytes, and last action; data connections (FTP) follow their
/// session. Sessions of the control socket are left out.
std::string session_table(std::span<const SessionRow> rows, const TableRoom& room);

/// "portlabd 0.1.0, pid 4711, up 3 min, 1 worker, …".
std::string status_text(const ServerStatus& status);

/// How the server is confined, a sentence a line.
std::string confinement_text(const Confinement& confinement);

/// A number of bytes in at most five columns: "999", "1.4K", "23M".
std::string short_bytes(std::uint64_t bytes);
/// A duration in at most four columns: "7s", "12m", "3h", "200d".
std::string short_age(double seconds);

}  // namespace portlab
