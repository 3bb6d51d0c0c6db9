#include "clients/ftp/ftp_client.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "clients/cli/terminal.hpp"
#include "clients/net/connection_failure.hpp"
#include "common/ascii_digit.hpp"
#include "common/ftp/ascii.hpp"

namespace portlab::ftp::client {

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} * 1024;
/// The longest line of a reply; longer ones are cut.
constexpr std::size_t line_bytes_max = 8192;
/// So many empty lines may precede a reply.
constexpr int empty_lines_max = 100;

/// Whether a space is missing after a code (RFC 959 section 4.2.1), as in "220: Hello" and
/// "227(127,0,0,1,4,1)". A line that begins with an address, "192.168.1.10 hello", has no code.
bool lacks_space(std::string_view line) {
  constexpr std::size_t code_digits = 3;
  constexpr std::string_view signs = ":(=_,";
  if (line.size() <= code_digits || !is_digit(line[2])) return false;
  const bool is_code = '1' <= line[0] && line[0] <= '5' && '0' <= line[1] && line[1] <= '5';
  return is_code && signs.find(line[code_digits]) != std::string_view::npos;
}

std::string advice_for(const Command& command, int code) {
  const bool changes = command.verb == "STOR" || command.verb == "APPE" || command.verb == "DELE" ||
                       command.verb == "MKD" || command.verb == "RMD" || command.verb == "RNFR";
  if (code == 421) return "try again later: the server ends the session";
  if (code == 425 || code == 426)
    return "the other mode: with --active, or without it (a firewall may block one of them)";
  if (code == 500 || code == 502) return "help (the commands of the server: quote HELP)";
  if (code == 522) return "--epsv (PASV and PORT are for IPv4 only)";
  if (code == 530) return "a URL without a user: the lab's server is anonymous only";
  if (changes) return "get: the lab's server is read-only";
  if (code == 550) return "ls (lists the directory)";
  return {};
}

}  // namespace

Client::Client(ClientSession session, const ClientOptions& options, bool verbose)
    : options_(options), session_(std::move(session)), verbose_(verbose), lines_(line_bytes_max) {}

void Client::log_in(const std::string& user, const std::string& password) {
  const Command greeting{"the greeting", ""};
  while (finish(greeting).preliminary()) continue;  // 120: "ready in nnn minutes"
  auto reply = demand({"USER", user});
  if (reply.intermediate()) reply = demand({"PASS", password});
  if (!reply.completed())  // 332 (account) is not supported
    throw refusal({"PASS", ""}, reply);
}

void Client::quit() {
  try {
    ask({"QUIT", ""});
  } catch (const CommandError&) {
  }
}

void Client::set_type(Type type) {
  if (type == type_) return;
  demand({"TYPE", std::string(1, static_cast<char>(type))});
  type_ = type;
}

std::optional<std::uint64_t> Client::size_of(const std::string& path, Type type) {
  set_type(type);
  const auto reply = ask({"SIZE", path});
  if (reply.code != 213) return std::nullopt;
  const auto size = parse_number(reply.text(), 0, UINT64_MAX);
  return size ? std::optional(*size) : std::nullopt;
}

Transferred Client::receive(const Command& command, Type type, const Sink& sink) {
  set_type(type);
  DataPort port(*this, choice, options_);
  Transferred done{demand(command), 0, {}};
  if (!done.reply.preliminary()) return done;  // the server has no data to send
  std::optional<CommandError> data_error;
  try {
    auto data = port.open();
    done.data_port = port.facts();
    done.bytes = read_all(data, type, sink);
  } catch (const CommandError& failure) {
    data_error = failure;
  }
  // The data connection is closed now, and the server sends its final reply. If that is a refusal,
  // it explains more than the error of the data connection.
  if (!data_error || data_error->exit() == Exit::no_connection) {
    done.reply = finish(command);
  } else {
    next_reply();
  }
  if (data_error) throw CommandError(*data_error);
  return done;
}

std::uint64_t Client::read_all(ClientSession& data, Type type, const Sink& sink) {
  std::vector<std::uint8_t> buffer(piece_bytes);
  AsciiDecoder decoder;
  std::uint64_t count = 0;
  for (;;) {
    const auto got = data.read_some(buffer);
    if (got.empty()) break;
    count += got.size();
    if (type == Type::bytes) {
      sink(got);
    } else if (const auto text = decoder.decode(as_text(got)); !text.empty()) {
      sink(as_bytes(text));
    }
  }
  const auto last = decoder.finish();
  if (!last.empty()) sink(as_bytes(last));
  sink({});
  return count;
}

Transferred Client::send(const Command& command, Type type, const Source& source) {
  set_type(type);
  DataPort port(*this, choice, options_);
  Transferred done{demand(command), 0, {}};
  if (!done.reply.preliminary()) return done;
  {
    auto data = port.open();
    done.data_port = port.facts();
    for (auto piece = source(); !piece.empty(); piece = source()) {
      data.write(piece);
      done.bytes += piece.size();
    }
  }  // closing the data connection is the end of the file (RFC 959 section 3.4.1)
  done.reply = finish(command);
  return done;
}

Reply Client::finish(const Command& command) {
  auto reply = next_reply();
  if (reply.refused()) throw refusal(command, reply);
  return reply;
}

// The control connection ----------------------------------------------------------------------

Reply Client::ask(const Command& command) {
  const auto line = format_command(command);
  if (!line)
    throw usage_failure(
        "a line end or a NUL can't be sent in a command: '" + printable(command.argument) + "'",
        "a name without it");
  show('>', command.verb == "PASS" ? "PASS ..." : line->substr(0, line->size() - 2));
  session_.write(*line);
  asked_ = command.verb;
  return next_reply();
}

Reply Client::demand(const Command& command) {
  auto reply = ask(command);
  if (reply.refused()) throw refusal(command, reply);
  return reply;
}

Reply Client::next_reply() {
  ReplyReader replies;
  for (bool first = true;; first = false) {
    const auto line = first ? first_line() : next_line();
    if (!first) show('<', line);
    auto reply = replies.add_line(line);
    if (!reply)
      throw peer_failure(Exit::failed, NetError::wrong_service, session_.remote(),
                         reply.error().text,
                         "is another service on this port? " + connect_advice(session_.remote()));
    if (*reply) return std::move(**reply);
  }
}

CommandError Client::refusal(const Command& command, const Reply& reply) const {
  const std::string what = command.verb +
                           (command.argument.empty() || command.verb == "PASS" ? "" : " ") +
                           (command.verb == "PASS" ? "" : printable(command.argument));
  return {Exit::failed,
          session_.remote().to_string() + ": " + what + ": " + std::to_string(reply.code) + " " +
              printable(reply.text()),
          advice_for(command, reply.code)};
}

Bytes Client::read_replies(MutableBytes buffer) try {
  return session_.read_some(buffer);
} catch (const CommandError& failure) {
  const auto& error = failure.system_error();
  if (asked_.empty() || !error || error->error != ETIMEDOUT) throw;
  throw peer_failure(Exit::no_connection, NetError::timeout, session_.remote(),
                     "timed out: no reply to " + asked_ + " for " + in_seconds(session_.timeout()) +
                         " (each command has one, a transfer two: 150 and 226)",
                     "the server's log for the reason; --timeout SECONDS waits longer");
}

std::string Client::next_line() {
  std::array<std::uint8_t, 4096> buffer;
  for (;;) {
    unread_.erase(0, lines_.read(unread_));
    const auto answers = lines_.take_telnet_replies();
    if (!answers.empty()) session_.write(answers);
    if (auto line = lines_.take_line()) return std::move(line->text);
    if (!unread_.empty()) continue;
    const auto got = read_replies(buffer);
    if (got.empty())
      throw peer_failure(Exit::no_connection, NetError::closed, session_.remote(),
                         "the server closed the connection",
                         "once more; portlab server listeners (is the server running?)");
    unread_ = as_text(got);
  }
}

std::string Client::first_line() {
  auto line = next_line();
  for (int empty = 0; line.empty() && empty < empty_lines_max; ++empty) {
    name_fault("an empty line before a reply");
    line = next_line();
  }
  show('<', line);  // as it came
  if (!lacks_space(line)) return line;
  name_fault("no space after the code of a reply");
  return line.insert(3, " ");
}

void Client::name_fault(const std::string& what) {
  if (std::find(faults_.begin(), faults_.end(), what) != faults_.end()) return;
  faults_.push_back(what);
  if (options_.shows_messages()) std::fprintf(stderr, "not as FTP should be: %s\n", what.c_str());
}

void Client::show(char direction, std::string_view text) const {
  if (!verbose_) return;
  const auto style = style_of(STDERR_FILENO);
  const std::string line = std::string(1, direction) + " " + printable(text);
  std::fputs((style.paint(line, "2") + "\n").c_str(), stderr);
}

}  // namespace portlab::ftp::client
