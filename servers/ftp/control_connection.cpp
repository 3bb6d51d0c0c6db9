#include "servers/ftp/control_connection.hpp"

#include <array>
#include <utility>

#include "common/ftp/ascii.hpp"
#include "common/ftp/reply.hpp"
#include "servers/ftp/command_table.hpp"
#include "servers/ftp/handlers.hpp"
#include "servers/ftp/listing.hpp"

namespace portlab::ftp::server {

namespace {

constexpr std::string_view greeting =
    "220 Portlab FTP server, control connection. Log in: USER anonymous. Help: HELP.\r\n";
constexpr std::string_view farewell = "421 Closing: idle for too long, or the server stops.\r\n";
/// How many bytes of commands are read during a transfer. The rest is read after it.
constexpr std::size_t waiting_bytes_max = std::size_t{64} * 1024;
/// curl 7.88 (Debian 12) waits forever for the reply to PASV or EPSV if the reply has arrived
/// before curl looks for it the first time. On loopback that happens; a millisecond prevents it.
constexpr std::chrono::milliseconds passive_reply_delay{1};
/// A text file is converted in pieces of this size. Other sessions run between two pieces.
constexpr std::size_t text_piece_bytes = std::size_t{64} * 1024;

/// The command for the session table: "RETR hello.txt". Never a password.
std::string describe(const Command& command) {
  if (find_command(command.verb) == nullptr) return "unknown command";
  if (command.verb == "PASS" || command.verb == "ACCT" || command.argument.empty())
    return command.verb;
  return command.verb + " " + printable_name(command.argument);
}

Reply run_line(FtpSession& session, const ControlLine& line) {
  if (line.fault == ControlLine::Fault::too_long)
    return {500, "The line is longer than " + std::to_string(command_bytes_max) + " bytes."};
  if (line.fault == ControlLine::Fault::has_nul) return {501, "The line contains a NUL byte."};
  return run_command(session, parse_command(line.text));
}

Task<void> send_as_text(Connection& data, const FileTransfer& what, bool& readable) {
  AsciiEncoder encoder;
  std::string piece(text_piece_bytes, '\0');
  auto offset = what.range.offset;
  for (auto left = what.range.length; left > 0;) {
    const auto wanted = std::min<std::uint64_t>(left, piece.size());
    const auto got = what.file.read_at(offset, {piece.data(), static_cast<std::size_t>(wanted)});
    readable = got && *got > 0;  // 0: the file was truncated during the transfer
    if (!readable) co_return;
    offset += *got;
    left -= *got;
    const std::string text = encoder.encode(std::string_view(piece).substr(0, *got));
    co_await data.write(text);
  }
}

}  // namespace

std::optional<Endpoint> PassiveListener::open() {
  listener_ = client_.open_data_listener("ftp-data");
  if (!listener_) return std::nullopt;
  Endpoint endpoint = listener_->endpoint();
  if (public_address_ && endpoint.address.is_v4() && !client_.remote().address.is_loopback())
    endpoint.address = *public_address_;
  return endpoint;
}

Task<boost::system::result<std::unique_ptr<Connection>, ConnectError>> PassiveListener::accept() {
  return listener_->accept(data_connection_wait);
}

ControlConnection::ControlConnection(Connection& client, const SharedSite& site,
                                     const PublicAddress& public_address)
    : client_(client),
      passive_(client, public_address),
      session_(site, client.local(), client.remote(), passive_) {}

Task<void> ControlConnection::run() {
  client_.start_idle_timeout(farewell);
  co_await client_.write(greeting);
  client_.start_idle_timeout(farewell);
  for (;;) {
    if (client_.pending().empty()) {
      const bool more = co_await client_.receive();
      if (!more) co_return;
    }
    client_.consume(lines_.read(client_.pending()));
    // These are coroutines of their own, so that their frames take no memory in an idle session.
    if (lines_.has_telnet_replies()) co_await send_telnet_replies();
    if (!lines_.has_line()) continue;
    const bool goes_on = co_await next_command();
    if (!goes_on) co_return;
    client_.start_idle_timeout(farewell);
  }
}

Task<void> ControlConnection::send_telnet_replies() {
  const std::string replies = lines_.take_telnet_replies();
  co_await client_.write(replies);
}

Task<bool> ControlConnection::next_command() {
  const ControlLine line = lines_.take_line().value();
  const std::string description = describe(parse_command(line.text));
  command_ = description;
  const Reply reply = run_line(session_, line);
  if (reply.code == 227 || reply.code == 229)  // PASV, EPSV
    co_await client_.pause(passive_reply_delay);
  co_await send_reply(reply);
  if (reply.transfer) co_await transfer(*reply.transfer);
  command_ = {};
  co_return !reply.closes;
}

Task<void> ControlConnection::send_reply(const Reply& reply) {
  client_.note(std::string(command_) + " " + std::to_string(reply.code));
  const std::string text = format_reply(reply.code, reply.text);
  if (reply.closes) {
    co_await client_.write_and_shutdown(text);
    co_return;
  }
  co_await client_.write(text);
}

// ---- the data connection

Task<void> ControlConnection::transfer(const Transfer& what) {
  client_.set_message_deadline(transfer_max, farewell);
  session_.transfer = command_;
  auto outcome = Outcome::no_connection;
  const bool finished = co_await race(send_data(what, outcome), watch_control());
  session_.transfer = {};
  if (!status_reply_.empty()) co_await finish_status_reply();
  const Reply reply = transfer_reply(outcome, !finished);
  session_.reset_data_port();
  co_await send_reply(reply);
}

Reply ControlConnection::transfer_reply(Outcome outcome, bool aborted) const {
  if (outcome == Outcome::sent)
    return {226, "The transfer is complete; the data connection is closed."};
  if (outcome == Outcome::unreadable) return {451, "The file cannot be read any further."};
  if (outcome == Outcome::server_full)
    return {425, "This server has as many sessions as it may have. Try again later."};
  if (aborted) return {426, "The transfer is aborted; the data connection is closed."};
  if (outcome == Outcome::broken) return {426, "The data connection broke during the transfer."};
  if (std::holds_alternative<Passive>(session_.data))
    return {425, "You did not connect to the data port within " +
                     std::to_string(data_connection_wait.count()) + " s."};
  return {425, "The server cannot connect to your data port. Does a firewall block it?"};
}

Task<void> ControlConnection::send_data(const Transfer& what, Outcome& outcome) {
  auto opened = co_await open_data_connection();
  if (!opened) {
    if (opened.error() == ConnectError::too_many_sessions) outcome = Outcome::server_full;
    co_return;
  }
  const auto data = std::move(*opened);
  outcome = Outcome::broken;
  data->set_message_deadline(transfer_max);
  data->note(command_);
  bool readable = true;
  try {
    if (const auto* list = std::get_if<std::string>(&what)) {
      co_await data->write(*list);
    } else if (const auto& file = std::get<FileTransfer>(what); file.as_text) {
      co_await send_as_text(*data, file, readable);
    } else {
      co_await data->send_file(file.file, file.range);
    }
    outcome = readable ? Outcome::sent : Outcome::unreadable;
  } catch (const SessionEnded& end) {
    // The end of the data connection does not end the control connection, except when the server
    // stops.
    if (end.reason() == EndReason::stop) throw;
  }
}

Task<boost::system::result<std::unique_ptr<Connection>, ConnectError>>
ControlConnection::open_data_connection() {
  if (std::holds_alternative<Passive>(session_.data)) {
    auto accepted = co_await passive_.accept();
    co_return std::move(accepted);
  }
  const auto target = tcp_endpoint(session_.remote.address, std::get<Active>(session_.data).port);
  // RFC 959 section 3.2: the server's data port is the port before its control port, 20 before 21.
  ConnectOptions options;
  options.from = client_.local();
  --options.from.port;
  auto connected = co_await client_.connect(target, "ftp-data", options);
  co_return std::move(connected);
}

// Reads the control connection during a transfer. Returning aborts the transfer. That happens on
// ABOR (RFC 959 section 4.1.3), and when the client closes the control connection without QUIT. A
// STAT that is the first waiting command is answered at once. All other commands wait for the end
// of the transfer; so does ABOR itself, whose own reply follows the 426.
Task<void> ControlConnection::watch_control() {
  ControlReader ahead = lines_;
  std::size_t seen = 0;
  bool first = true;
  bool quit = false;
  for (;;) {
    while (seen < client_.pending().size()) {
      seen += ahead.read(client_.pending().substr(seen));
      const auto line = ahead.take_line();
      if (!line) continue;
      const Command command = parse_command(line->text);
      if (command.verb == "ABOR") co_return;
      quit = quit || command.verb == "QUIT";
      if (first && command == Command{"STAT", ""}) {
        begin_status_reply(ahead.take_telnet_replies());
        client_.consume(seen);
        seen = 0;
        lines_ = ahead;
        co_await client_.write(
            status_reply_);  // if the transfer ends first, transfer() sends the rest
        status_reply_.clear();
      } else {
        first = false;
      }
    }
    if (quit || seen >= waiting_bytes_max) co_await client_.wait_disconnect();
    const bool more = co_await client_.receive();
    if (!more) co_return;
  }
}

void ControlConnection::begin_status_reply(const std::string& telnet_replies) {
  const Reply reply = status(session_, "");
  status_reply_ = telnet_replies + format_reply(reply.code, reply.text);
  status_reply_from_ = client_.bytes_out();
}

// The rest of a reply to STAT that was being sent when the transfer ended.
Task<void> ControlConnection::finish_status_reply() {
  const auto sent = client_.bytes_out() - status_reply_from_;
  const std::string rest = status_reply_.substr(std::min<std::size_t>(sent, status_reply_.size()));
  status_reply_.clear();
  if (!rest.empty()) co_await client_.write(rest);
}

}  // namespace portlab::ftp::server
