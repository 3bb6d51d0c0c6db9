#include "servers/telnet/telnet_session.hpp"

#include <algorithm>
#include <utility>

namespace portlab::telnet::server {

namespace {

constexpr std::string_view idle_farewell = "\r\nClosing: idle for too long.\r\n";
constexpr std::string_view stop_farewell = "\r\nClosing: the server stops.\r\n";
// The CR moves the cursor back to the first column. So the greeting covers what a client without
// telnet, such as nc, shows of the negotiation before it. The NUL: RFC 854.
constexpr std::string_view begin_of_line("\r\0", 2);
constexpr std::string_view greeting =
    "Portlab telnet server. Telnet sends everything as clear text, passwords, too.\n"
    "Log in with the name guest and the password portlab.\n\n";
constexpr std::string_view shell_prompt = "guest> ";
constexpr std::size_t columns_usual = 80;
constexpr std::size_t columns_min = 40;
constexpr std::size_t columns_max = 250;

/// The server echoes (RFC 857), so that a password is not shown; without GO AHEAD (RFC 858) clients
/// then send each key at once. The window's width is that of tables.
bool agrees(Side side, Option option) {
  if (side == Side::this_end) return option == Option::echo || option == Option::suppress_go_ahead;
  return option == Option::suppress_go_ahead || option == Option::window_size;
}

}  // namespace

TelnetSession::TelnetSession(Connection& client, const ServerView& server)
    : client_(client), server_(server), options_(agrees) {}

Task<void> TelnetSession::run() {
  client_.start_idle_timeout(idle_farewell, stop_farewell);
  output_ += options_.request(Side::this_end, Option::echo, true);
  output_ += options_.request(Side::this_end, Option::suppress_go_ahead, true);
  output_ += options_.request(Side::peer, Option::window_size, true);
  output_ += begin_of_line;
  say(greeting);
  prompt();
  co_await flush();
  for (;;) {
    if (client_.pending().empty()) {
      const bool more = co_await client_.receive();
      if (!more) co_return;
    }
    const auto input = read_pending();
    // A coroutine of its own, so that its frame takes no memory in an idle session.
    const bool goes_on = co_await answer(input);
    if (!goes_on) co_return;
  }
}

Input TelnetSession::read_pending() {
  auto input = Input::none;
  std::size_t count = 0;
  const auto bytes = as_bytes(client_.pending());
  while (count < bytes.size() && input == Input::none && negotiations_ <= negotiations_max)
    if (const auto event = decoder_.read(bytes[count++])) input = read_event(*event);
  client_.consume(count);
  return input;
}

Input TelnetSession::read_event(const Event& event) {
  switch (event.kind) {
    case Event::Kind::data:
      return editor_.read_data(event.byte, echo(), output_);
    case Event::Kind::command:
      return editor_.read_command(event.command, echo(), output_);
    case Event::Kind::negotiation:
      ++negotiations_;
      output_ += options_.receive(event.command, event.option);
      return Input::none;
    case Event::Kind::subnegotiation:
      if (event.option == Option::window_size && options_.is_on(Side::peer, Option::window_size))
        window_ = parse_window_size(decoder_.parameters()).value_or(window_);
      return Input::none;
  }
  return Input::none;
}

Task<bool> TelnetSession::answer(Input input) {
  bool goes_on = negotiations_ <= negotiations_max;
  if (!goes_on) say("\nClosing: too many negotiations of options.\n");
  if (input != Input::none) client_.start_idle_timeout(idle_farewell, stop_farewell);
  switch (input) {
    case Input::none:
      break;
    case Input::line:
      goes_on = co_await answer_line();
      break;
    case Input::cancel:
      login_.restart();
      prompt();
      break;
    case Input::end:
      say("\nGoodbye.\n");
      goes_on = false;
      break;
    case Input::are_you_there:
      say("\n[Portlab telnet server: yes]\n");
      [[fallthrough]];
    case Input::redraw:
      if (input == Input::redraw) say("\n");
      prompt();
      if (echo() == Echo::all) output_ += escaped(editor_.line());
      break;
  }
  co_await flush();
  co_return goes_on;
}

Task<bool> TelnetSession::answer_line() {
  const std::string line = editor_.take_line();
  if (!login_.done()) {
    log_in(line);
  } else if (const auto command = parse_menu_command(line)) {
    client_.note(std::string(guest_name) + ": " + std::string(to_string(*command)));
    const std::string text = co_await run_command(*command);
    say(text);
    if (*command == MenuCommand::quit) co_return false;
  } else if (line.find_first_not_of(' ') != std::string::npos) {
    say(unknown_text(line));
  }
  if (login_.failed()) co_return false;
  prompt();
  co_return true;
}

void TelnetSession::log_in(const std::string& line) {
  output_ += login_.read_line(line);
  if (!login_.done()) return;
  client_.note(guest_name);
  say("\nWelcome, guest. " + menu_text() + "\n");
}

Task<std::string> TelnetSession::run_command(MenuCommand command) {
  switch (command) {
    case MenuCommand::whoami:
      co_return whoami_text(client_.remote(), client_.local());
    case MenuCommand::who: {
      const auto sessions = co_await server_.sessions();
      co_return who_text(sessions, client_.remote(), client_.local(), columns());
    }
    case MenuCommand::ports:
      co_return ports_text(server_.listeners(), columns());
    case MenuCommand::help:
      co_return menu_text();
    case MenuCommand::quit:
      co_return "Goodbye.\n";
  }
  co_return std::string();
}

void TelnetSession::prompt() {
  if (login_.done())
    output_ += shell_prompt;
  else if (!login_.wants_password())
    output_ += "login: ";
  else if (options_.is_on(Side::this_end, Option::echo))
    output_ += "Password: ";
  else  // nc, or a client that has refused: the password is shown by it
    output_ += "Password (not hidden, because your program did not agree to ECHO): ";
}

void TelnetSession::say(std::string_view text) {
  NvtEncoder encoder;
  output_ += encoder.encode(text);
}

Echo TelnetSession::echo() const {
  if (!options_.is_on(Side::this_end, Option::echo)) return Echo::nothing;
  return login_.wants_password() ? Echo::line_ends : Echo::all;
}

std::size_t TelnetSession::columns() const {
  if (window_.columns == 0) return columns_usual;
  return std::clamp<std::size_t>(window_.columns, columns_min, columns_max);
}

Task<void> TelnetSession::flush() {
  if (output_.empty()) co_return;
  const std::string bytes = std::exchange(output_, {});
  co_await client_.write(bytes);
}

}  // namespace portlab::telnet::server
