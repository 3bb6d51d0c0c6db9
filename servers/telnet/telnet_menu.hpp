#pragma once
// The menu after the login, and its texts: functions from values to text.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/endpoint.hpp"
#include "common/session_row.hpp"

namespace portlab::telnet::server {

enum class MenuCommand : std::uint8_t { whoami, who, ports, help, quit };

/// Reads a line: a word of the menu, its number, or another name for it ("exit"). Nothing: unknown.
std::optional<MenuCommand> parse_menu_command(std::string_view line);
/// The word of the command.
std::string_view to_string(MenuCommand command);

/// At most so many rows are listed of the sessions, and of the listeners.
inline constexpr std::size_t listed_rows_max = 100;

// The texts have LF at the end of each line.

/// The words of the menu, and the keys.
std::string menu_text();
/// Both ends of the session.
std::string whoami_text(const Endpoint& client, const Endpoint& server);
/// All sessions, the one between these two ends marked, for a terminal with this many columns.
std::string who_text(std::span<const SessionRow> sessions, const Endpoint& client,
                     const Endpoint& server, std::size_t columns);
/// The listeners.
std::string ports_text(std::span<const ListenerRow> listeners, std::size_t columns);
/// For a line that is no command.
std::string unknown_text(std::string_view line);

}  // namespace portlab::telnet::server
