#include "servers/telnet/telnet_menu.hpp"

#include <algorithm>
#include <array>

#include "common/text.hpp"
#include "common/text_table.hpp"

namespace portlab::telnet::server {

namespace {

struct Row {
  MenuCommand command;
  std::string_view word;
  std::string_view other_words;  // separated by spaces
  std::string_view shows;
};

constexpr std::array menu{
    Row{MenuCommand::whoami, "whoami", "id", "both ends of this session, with their ports"},
    Row{MenuCommand::who, "who", "w sessions", "all sessions of this server"},
    Row{MenuCommand::ports, "ports", "listeners", "the ports on which this server listens"},
    Row{MenuCommand::help, "help", "? h menu", "this list, and the keys"},
    Row{MenuCommand::quit, "quit", "q exit logout bye", "ends the session"},
};

constexpr std::string_view keys =
    "Keys: Backspace erases a character, Ctrl-U the line, Ctrl-C cancels it,\n"
    "Ctrl-D in an empty line ends the session.\n";

bool contains_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// A Unix socket can be reached on this machine only.
bool is_public(const Endpoint& endpoint) { return endpoint.transport != Transport::local; }

std::string with_count(std::string table, std::size_t rows) {
  if (rows > listed_rows_max)
    table += "... and " + std::to_string(rows - listed_rows_max) + " more\n";
  return table;
}

std::string to_text(const TextTable& table, std::size_t columns) {
  return table.to_string({columns, Overlong::wrap, false, false});
}

}  // namespace

std::optional<MenuCommand> parse_menu_command(std::string_view line) {
  const auto word = lower_case(trimmed(line));
  for (std::size_t i = 0; i < menu.size(); ++i)
    if (word == menu[i].word || word == std::to_string(i + 1) ||
        contains_word(menu[i].other_words, word))
      return menu[i].command;
  return std::nullopt;
}

std::string_view to_string(MenuCommand command) {
  return std::ranges::find(menu, command, &Row::command)->word;
}

std::string menu_text() {
  std::string text = "Type a word or its number:\n\n";
  for (std::size_t i = 0; i < menu.size(); ++i) {
    std::string word(menu[i].word);
    word.resize(8, ' ');
    text += "  " + std::to_string(i + 1) + "  " + word + std::string(menu[i].shows) + "\n";
  }
  return text + "\n" + std::string(keys);
}

std::string whoami_text(const Endpoint& client, const Endpoint& server) {
  return "you  " + client.to_string() + "\nme   " + server.to_string() + "\n";
}

std::string who_text(std::span<const SessionRow> sessions, const Endpoint& client,
                     const Endpoint& server, std::size_t columns) {
  TextTable table({{.title = "Proto"},
                   {.title = "Client", .shortened = Shortened::in_middle},
                   {.title = "Server", .shortened = Shortened::in_middle},
                   {.title = "Service"},
                   {.title = ""}});
  std::size_t rows = 0;
  for (const auto& session : sessions) {
    if (!is_public(session.local) || ++rows > listed_rows_max) continue;
    const auto& from = session.outgoing ? session.local : session.remote;
    const auto& to = session.outgoing ? session.remote : session.local;
    const bool own = session.local == server && session.remote == client;
    table.cells({portlab::to_string(from.transport), from.address_and_port(), to.address_and_port(),
                 session.service, own ? "(you)" : ""});
  }
  return with_count(to_text(table, columns), rows);
}

std::string ports_text(std::span<const ListenerRow> listeners, std::size_t columns) {
  TextTable table({{.title = "Proto"},
                   {.title = "Listens on", .shortened = Shortened::in_middle},
                   {.title = "Service"},
                   {.title = ""}});
  std::size_t rows = 0;
  for (const auto& listener : listeners) {
    if (!is_public(listener.endpoint) || ++rows > listed_rows_max) continue;
    const auto moved = listener.moved()
                           ? "moved: default port " + std::to_string(listener.default_port)
                           : std::string();
    table.cells({portlab::to_string(listener.endpoint.transport),
                 listener.endpoint.address_and_port(), listener.service, moved});
  }
  return with_count(to_text(table, columns), rows);
}

std::string unknown_text(std::string_view line) {
  constexpr std::size_t shown_bytes_max = 40;
  return "'" + displayable(trimmed(line), shown_bytes_max) + "' is none of " +
         join(menu, ", ", [](const Row& row) { return std::string(row.word); }) + ".\n";
}

}  // namespace portlab::telnet::server
