#include "clients/ftp/ftp_control.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <utility>

#include "clients/cli/terminal.hpp"

namespace portlab::ftp::client {

namespace {

/// The longest line of a reply; longer ones are cut.
constexpr std::size_t line_bytes_max = 8192;

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

Control::Control(ClientSession session, bool verbose)
    : session_(std::move(session)), verbose_(verbose), lines_(line_bytes_max) {}

Reply Control::greet() {
  Reply reply = receive();
  while (reply.preliminary()) reply = receive();  // 120: "ready in nnn minutes"
  if (reply.refused()) throw refusal({"the greeting", ""}, reply);
  return reply;
}

Reply Control::ask(const Command& command) {
  const auto line = format_command(command);
  if (!line)
    throw usage_failure(
        "a line end or a NUL can't be sent in a command: '" + printable(command.argument) + "'",
        "a name without it");
  show('>', command.verb == "PASS" ? "PASS ..." : line->substr(0, line->size() - 2));
  session_.write(*line);
  return receive();
}

Reply Control::demand(const Command& command) {
  auto reply = ask(command);
  if (reply.refused()) throw refusal(command, reply);
  return reply;
}

Reply Control::receive() {
  ReplyReader replies;
  for (;;) {
    const auto line = next_line();
    show('<', line);
    auto reply = replies.add_line(line);
    if (!reply)
      throw CommandError(Exit::peer_said_no,
                         session_.remote().to_string() + ": " + reply.error().text,
                         "is another service on this port? " + connect_advice(session_.remote()))
          .explained_by(NetError::wrong_service, session_.remote());
    if (*reply) return std::move(**reply);
  }
}

CommandError Control::refusal(const Command& command, const Reply& reply) const {
  const std::string what = command.verb +
                           (command.argument.empty() || command.verb == "PASS" ? "" : " ") +
                           (command.verb == "PASS" ? "" : printable(command.argument));
  return {Exit::peer_said_no,
          session_.remote().to_string() + ": " + what + ": " + std::to_string(reply.code) + " " +
              printable(reply.text()),
          advice_for(command, reply.code)};
}

std::string Control::next_line() {
  std::array<std::uint8_t, 4096> buffer;
  for (;;) {
    unread_.erase(0, lines_.read(unread_));
    const auto answers = lines_.take_telnet_replies();
    if (!answers.empty()) session_.write(answers);
    if (auto line = lines_.take_line()) return std::move(line->text);
    if (!unread_.empty()) continue;
    const auto got = session_.read_some(buffer);
    if (got.empty())
      throw CommandError(Exit::no_connection,
                         session_.remote().to_string() + ": the server closed the connection",
                         "once more; portlab server listeners (is the server running?)")
          .explained_by(NetError::closed, session_.remote());
    unread_ = as_text(got);
  }
}

void Control::show(char direction, std::string_view text) const {
  if (!verbose_) return;
  const auto style = style_of(STDERR_FILENO);
  const std::string line = std::string(1, direction) + " " + printable(text);
  std::fputs((style.paint(line, "2") + "\n").c_str(), stderr);
}

}  // namespace portlab::ftp::client
