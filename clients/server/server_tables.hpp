#pragma once
// The tables that `portlab server` prints. Pure: rows in, text out.

#include <span>
#include <string>
#include <string_view>

#include "common/control_protocol.hpp"
#include "common/text_table.hpp"

namespace portlab {

/// Service, endpoint, default port, and number of sessions.
std::string listener_table(std::span<const ListenerRow> rows, const TableRoom& room);

/// Service, client, server, age, bytes, and last action; data connections (FTP) follow their
/// session. Sessions of the control socket are left out.
std::string session_table(std::span<const SessionRow> rows, const TableRoom& room);

/// The same with one row for each client address and service: their number, the age of the oldest,
/// and the bytes of all.
std::string session_groups_table(std::span<const SessionRow> rows, const TableRoom& room);

/// session_table(), or where it has more than `lines_max` lines session_groups_table().
std::string sessions_text(std::span<const SessionRow> rows, const TableRoom& room,
                          std::size_t lines_max);

/// The URLs, one per line, those for other machines first; and how portlab finds the names there.
std::string urls_text(const ServerUrls& urls);

/// The lines of a certificate as PEM, for a file.
std::string authority_text(std::string_view pem);

/// "portlabd 0.1.0, pid 4711, up 3 min, 1 worker, …".
std::string status_text(const ServerStatus& status);

/// How the server is confined, a sentence a line.
std::string confinement_text(const Confinement& confinement);

/// A number of bytes in at most five columns: "999", "1.4K", "23M".
std::string short_bytes(std::uint64_t bytes);
/// A duration in at most four columns: "7s", "12m", "3h", "200d".
std::string short_age(double seconds);

}  // namespace portlab
