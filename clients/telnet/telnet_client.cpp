#include "clients/telnet/telnet_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "clients/cli/terminal.hpp"
#include "common/system/terminal_size.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

using std::chrono::milliseconds;
using telnet::Option;
using telnet::Side;

constexpr std::size_t piece_bytes = std::size_t{64} * 1024;
/// While so much waits for a server that does not read, nothing more is read: neither from the user
/// nor from the server, whose commands have answers.
constexpr std::size_t unsent_bytes_max = std::size_t{64} * 1024;
/// Of a terminal that does not say its size, and of a pipe.
constexpr telnet::WindowSize usual_window{80, 24};
/// RFC 930, RFC 1091.
constexpr std::size_t terminal_type_bytes_max = 40;

/// What servers say last when they refuse a login, in lower case: login(1) and busybox, routers of
/// Cisco, and others.
constexpr std::array<std::string_view, 10> refused_login{
    "incorrect",    "number of tries exceeded", "login failed",  "login invalid",
    "bad password", "authentication failed",    "access denied", "permission denied",
    "bad username", "invalid password"};

/// The server may echo and leave out GO AHEAD; this end says its window and its type of terminal.
bool agrees(Side side, Option option) {
  if (option == Option::suppress_go_ahead) return true;
  if (side == Side::peer) return option == Option::echo;
  return option == Option::window_size || option == Option::terminal_type;
}

telnet::WindowSize window_size() {
  const auto size = terminal_size(STDOUT_FILENO);
  if (!size || size->columns == 0 || size->rows == 0) return usual_window;
  return {size->columns, size->rows};
}

/// $TERM, where the output is a terminal that understands it.
std::string terminal_type() {
  const char* term = std::getenv("TERM");
  const std::string type(term == nullptr || ::isatty(STDOUT_FILENO) == 0 ? "" : term);
  const bool usable = !type.empty() && type.size() <= terminal_type_bytes_max &&
                      std::ranges::all_of(type, [](char c) { return c > ' ' && c <= '~'; });
  return usable ? type : "dumb";
}

/// What a key sends in character mode: Enter is CR NUL (RFC 854: CR alone is followed by NUL).
std::string key_bytes(std::string_view typed) {
  std::string out;
  for (const char byte : typed) {
    out += byte;
    if (byte == '\r') out += '\0';
    if (byte == telnet::iac) out += byte;
  }
  return out;
}

struct SendWord {
  std::string_view word;
  telnet::Command command;
};
constexpr SendWord send_words[] = {
    {"ayt", telnet::Command::are_you_there},  {"ip", telnet::Command::interrupt_process},
    {"brk", telnet::Command::break_key},      {"ao", telnet::Command::abort_output},
    {"ec", telnet::Command::erase_character}, {"el", telnet::Command::erase_line},
    {"nop", telnet::Command::no_operation},
};

constexpr const char* prompt_help =
    "quit          closes the session\n"
    "status        both ends, and the options that both agreed on\n"
    "send COMMAND  sends ayt, ip, brk, ao, ec, el or nop (RFC 854)\n"
    "send escape   sends Ctrl-] itself\n"
    "Enter         goes back to the session\n";

}  // namespace

TelnetClient::TelnetClient(ClientSession& session, const ClientOptions& options, Output output,
                           Trace trace)
    : session_(session),
      options_(options),
      output_(std::move(output)),
      trace_(std::move(trace)),
      terminal_(telnet_escape_key, !options.json),
      negotiation_(agrees) {
  if (options.hold.count() > 0) hold_until_ = Clock::now() + options.hold;
  // Telnet's Synch is urgent data: it stays in its place in the stream (RFC 854, RFC 6093).
  const int on = 1;
  ::setsockopt(session.descriptor(), SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
  update_terminal_mode();
}

std::optional<int> TelnetClient::run() {
  while (!peer_ended_ && !has_quit_ && !signal_) {
    end_input_if_due();
    if (!wait()) break;
  }
  flush_data();
  if (peer_ended_) wait_for_hold();
  return signal_;
}

// ---- waiting

/// Many telnet servers take a FIN for the end of the session, and drop what they have not answered
/// yet. So it is sent at once only to a server that does not speak telnet; to others after a silence.
void TelnetClient::end_input_if_due() {
  if (!stdin_ended_ || finished_writing_ || !unsent_.empty() || is_held()) return;
  const bool is_silent = Clock::now() >= last_active_ + options_.timeout;
  const bool is_other_protocol = received_ > 0 && !is_telnet_;
  if (!hold_is_over_ && !is_silent && !is_other_protocol) return;
  session_.finish_writing();
  finished_writing_ = true;
  last_active_ = Clock::now();
}

std::optional<TelnetClient::Clock::time_point> TelnetClient::deadline() const {
  if (is_held()) return hold_until_;
  if (stdin_ended_) return last_active_ + options_.timeout;
  return std::nullopt;  // a user may take any time to type
}

bool TelnetClient::wait() {
  const bool has_room = unsent_.size() < unsent_bytes_max;
  pollfd entries[] = {{stdin_ended_ || !has_room ? -1 : STDIN_FILENO, POLLIN, 0},
                      {session_.descriptor(), 0, 0},
                      {terminal_.signal_descriptor(), POLLIN, 0}};
  // Its output would be mixed with what is typed at the prompt.
  if (has_room && !is_prompting_) entries[1].events |= POLLIN;
  if (!unsent_.empty()) entries[1].events |= POLLOUT;
  if (entries[1].events == 0) entries[1].fd = -1;
  const auto end = deadline();
  const auto left = end ? std::chrono::ceil<milliseconds>(*end - Clock::now()) : milliseconds(-1);
  const int ready = ::poll(entries, 3, end ? static_cast<int>(std::max(left.count(), 0L)) : -1);
  if (ready < 0 && errno == EINTR) return true;
  if (ready == 0) return handle_timeout();
  if (entries[2].revents != 0) read_signal();
  if (entries[0].revents != 0) from_stdin();
  if ((entries[1].revents & POLLOUT) != 0) to_peer();
  if ((entries[1].revents & ~POLLOUT) != 0 && !is_prompting_) from_peer();
  return true;
}

bool TelnetClient::handle_timeout() {
  if (hold_until_ && !is_held()) {
    hold_until_.reset();
    hold_is_over_ = true;
    last_active_ = Clock::now();
    stdin_ended_ = stdin_ended_ || ::isatty(STDIN_FILENO) != 0;
    return true;
  }
  if (!stdin_ended_) return true;
  if (!unsent_.empty()) throw session_.timed_out();
  return !finished_writing_;
}

void TelnetClient::read_signal() {
  const auto number = terminal_.next_signal();
  if (number == SIGWINCH)
    send_window_size();
  else if (number)
    signal_ = number;
}

void TelnetClient::wait_for_hold() {
  if (!is_held()) return;
  terminal_.set(LocalTerminal::Mode::as_before);
  while (is_held() && !signal_) {
    const auto left = std::chrono::ceil<milliseconds>(*hold_until_ - Clock::now());
    pollfd entry{terminal_.signal_descriptor(), POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(std::max(left.count(), 0L))) > 0) read_signal();
  }
}

// ---- from the user

void TelnetClient::from_stdin() {
  std::string piece(piece_bytes, '\0');
  const auto got = ::read(STDIN_FILENO, piece.data(), piece.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got < 0 && !terminal_.is_used())
    throw usage_failure("stdin: " + std::string(std::strerror(errno)), "< FILE");
  piece.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (piece.empty()) {
    stdin_ended_ = true;
    has_quit_ = is_prompting_;
    last_active_ = Clock::now();
    unsent_ += line_ends_.finish();
  } else if (terminal_.is_used()) {
    from_keyboard(piece);
  } else {
    unsent_ += line_ends_.encode(piece);
  }
  to_peer();
}

void TelnetClient::from_keyboard(std::string_view typed) {
  while (!typed.empty()) {
    if (is_prompting_) {
      const auto end = typed.find('\n');
      prompt_line_ += typed.substr(0, end);
      if (end == std::string_view::npos) return;
      typed.remove_prefix(end + 1);
      run_prompt_line(std::exchange(prompt_line_, {}));
      continue;
    }
    const auto escape = typed.find(telnet_escape_key);
    const auto keys = typed.substr(0, escape);
    unsent_ += terminal_.needs_carriage_return() ? key_bytes(keys) : line_ends_.encode(keys);
    if (escape == std::string_view::npos) return;
    typed.remove_prefix(escape + 1);
    open_prompt();
  }
}

void TelnetClient::to_peer() {
  const auto count = session_.write_some(as_bytes(unsent_));
  if (count > 0) last_active_ = Clock::now();
  unsent_.erase(0, count);
  sent_ += count;
}

// ---- from the server

void TelnetClient::from_peer() {
  std::vector<std::uint8_t> buffer(piece_bytes);
  const auto got = session_.read_some(buffer);
  last_active_ = Clock::now();
  received_ += got.size();
  if (got.empty()) peer_ended_ = true;
  for (const auto byte : got)
    if (const auto event = decoder_.read(byte)) read_event(*event);
  flush_data();
  if (!unsent_.empty()) to_peer();
}

void TelnetClient::read_event(const telnet::Event& event) {
  if (event.kind == telnet::Event::Kind::data) {
    const bool after_cr = std::exchange(after_cr_, event.byte == '\r');
    if (!after_cr || event.byte != 0) data_.push_back(event.byte);  // CR NUL is CR
    keep_last_line(static_cast<char>(event.byte));
    return;
  }
  flush_data();
  is_telnet_ = true;
  const std::string name = to_string(event.command);
  switch (event.kind) {
    case telnet::Event::Kind::negotiation:
      trace_(false, name + " " + to_string(event.option));
      read_negotiation(event.command, event.option);
      break;
    case telnet::Event::Kind::subnegotiation: {
      constexpr std::string_view send("\1", 1);  // RFC 1091
      trace_(false, name + " " + to_string(event.option));
      if (event.option == Option::terminal_type && decoder_.parameters() == send &&
          negotiation_.is_on(Side::this_end, Option::terminal_type))
        send_command(telnet::subnegotiation_bytes(Option::terminal_type,
                                                  std::string(1, '\0') + terminal_type()));
      break;
    }
    default:  // NOP, GA and DM: nothing is to be done
      trace_(false, name);
  }
}

void TelnetClient::read_negotiation(telnet::Command verb, Option option) {
  const bool had_window = negotiation_.is_on(Side::this_end, Option::window_size);
  send_command(negotiation_.receive(verb, option));
  if (!had_window) send_window_size();
  update_terminal_mode();
}

void TelnetClient::send_command(std::string bytes) {
  if (bytes.empty()) return;
  std::string name = to_string(telnet::Command{static_cast<std::uint8_t>(bytes[1])});
  if (bytes.size() > 2) name += " " + to_string(Option{static_cast<std::uint8_t>(bytes[2])});
  trace_(true, name);
  unsent_ += bytes;
}

void TelnetClient::send_window_size() {
  if (!negotiation_.is_on(Side::this_end, Option::window_size)) return;
  send_command(telnet::subnegotiation_bytes(Option::window_size,
                                            telnet::window_size_parameters(window_size())));
}

void TelnetClient::keep_last_line(char byte) {
  constexpr std::size_t bytes_max = 200;
  if (byte == '\r' || byte == '\n') {
    line_ended_ = true;
  } else if (byte >= ' ') {
    if (std::exchange(line_ended_, false)) last_line_.clear();
    if (last_line_.size() < bytes_max) last_line_ += byte;
  }
}

bool TelnetClient::login_failed() const {
  const auto line = lower_case(last_line_);
  return is_telnet_ && peer_ended_ &&
         std::ranges::any_of(refused_login, [&line](std::string_view words) {
           return line.find(words) != std::string::npos;
         });
}

void TelnetClient::flush_data() {
  if (!data_.empty()) output_(data_, is_telnet_);
  data_.clear();
}

// ---- the terminal and the client's prompt

void TelnetClient::update_terminal_mode() {
  using Mode = LocalTerminal::Mode;
  const bool echoes = negotiation_.is_on(Side::peer, Option::echo);
  const bool no_go_ahead = negotiation_.is_on(Side::peer, Option::suppress_go_ahead);
  if (is_prompting_)
    terminal_.set(Mode::as_before);
  else
    terminal_.set(!echoes ? Mode::line : no_go_ahead ? Mode::character : Mode::silent_line);
}

void TelnetClient::say(const std::string& text) const {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && terminal_.needs_carriage_return()) out += '\r';
    out += c;
  }
  std::fputs(out.c_str(), stderr);
}

void TelnetClient::open_prompt() {
  is_prompting_ = true;
  update_terminal_mode();
  say("\ntelnet> ");
}

void TelnetClient::run_prompt_line(std::string line) {
  line.erase(std::remove(line.begin(), line.end(), '\r'), line.end());
  const std::string send = "send ";
  is_prompting_ = false;
  if (line == "quit" || line == "q" || line == "close" || line == "exit") {
    has_quit_ = true;
  } else if (line == "status") {
    say(status());
  } else if (line == "send escape") {
    unsent_ += telnet_escape_key;
  } else if (line.starts_with(send)) {
    const auto* found =
        std::ranges::find(send_words, lower_case(line.substr(send.size())), &SendWord::word);
    if (found != std::end(send_words))
      send_command(telnet::command_bytes(found->command));
    else
      say("there is no such command to send\n" + std::string(prompt_help));
  } else if (!line.empty()) {
    say(line == "help" || line == "?" ? prompt_help : "'" + printable(line) + "'?\n" + prompt_help);
  }
  update_terminal_mode();
}

std::string TelnetClient::status() const {
  std::string text =
      "from  " + session_.local().to_string() + "\nto    " + session_.remote().to_string() + "\n";
  std::string on;
  for (const auto side : {Side::peer, Side::this_end})
    for (unsigned number = 0; number < 256; ++number)
      if (const auto option = Option{static_cast<std::uint8_t>(number)};
          negotiation_.is_on(side, option))
        on += std::string(side == Side::peer ? "server  " : "client  ") + to_string(option) + "\n";
  return text + (on.empty() ? "no options: nothing was negotiated\n" : on);
}

}  // namespace portlab
