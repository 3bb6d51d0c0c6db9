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
    "220 Portlab FTP: port one of two. USER anonymous logs in, HELP helps.\r\n";
constexpr std::string_view farewell =
    "421 Goodbye: nothing was said for too long, or this server stops.\r\n";
/// Commands that wait while a transfer runs. Who sends more has to wait with the rest.
constexpr std::size_t waiting_bytes_max = std::size_t{64} * 1024;
/// curl 7.88 (Debian 12's) waits forever when the answer to PASV or EPSV is there before it looks
/// for it the first time, and on one machine we are that fast.
constexpr std::chrono::milliseconds passive_answer_delay{1};
/// A text is converted in pieces, each small enough for everybody else to have a turn soon.
constexpr std::size_t text_piece_bytes = std::size_t{64} * 1024;

/// "RETR hello.txt". What might be a password is not written down.
std::string describe(const Command& command) {
  if (find_command(command.verb) == nullptr) return "unknown command";
  if (command.verb == "PASS" || command.verb == "ACCT" || command.argument.empty())
    return command.verb;
  return command.verb + " " + printable_name(command.argument);
}

Reply answer_line(FtpSession& session, const ControlLine& line) {
  if (line.fault == ControlLine::Fault::too_long)
    return {500,
            "The line is too long: " + std::to_string(command_bytes_max) + " bytes are the most."};
  if (line.fault == ControlLine::Fault::has_nul) return {501, "There is a NUL in the line."};
  return answer(session, parse_command(line.text));
}

Task<void> send_as_text(Connection& data, const FileTransfer& what, bool& readable) {
  AsciiEncoder encoder;
  std::string piece(text_piece_bytes, '\0');
  auto offset = what.range.offset;
  for (auto left = what.range.length; left > 0;) {
    const auto wanted = std::min<std::uint64_t>(left, piece.size());
    const auto got = what.file.read_at(offset, {piece.data(), static_cast<std::size_t>(wanted)});
    readable = got && *got > 0;  // 0: the file was cut short meanwhile
    if (!readable) co_return;
    offset += *got;
    left -= *got;
    const std::string text = encoder.encode(std::string_view(piece).substr(0, *got));
    co_await data.write(text);
  }
}

}  // namespace

std::optional<Endpoint> SecondPassivePort::open() {
  port_ = client_.open_data_listener("ftp-data");
  if (!port_) return std::nullopt;
  return port_->endpoint();
}

Task<std::optional<Connection>> SecondPassivePort::accept() {
  return port_->accept(data_connection_wait);
}

ControlConnection::ControlConnection(Connection& client, const SharedSite& site)
    : client_(client), passive_(client), visit_(site, client.local(), client.remote(), passive_) {}

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
    // What a command needs lives in frames of their own, which a silent guest does not have.
    if (lines_.has_answers()) co_await answer_telnet();
    if (!lines_.has_line()) continue;
    const bool goes_on = co_await carry_out();
    if (!goes_on) co_return;
    client_.start_idle_timeout(farewell);
  }
}

Task<void> ControlConnection::answer_telnet() {
  const std::string answers = lines_.take_answers();
  co_await client_.write(answers);
}

Task<bool> ControlConnection::carry_out() {
  const ControlLine line = lines_.take_line().value();
  const std::string now = describe(parse_command(line.text));
  now_ = now;
  const Reply given = answer_line(visit_, line);
  if (given.code == 227 || given.code == 229)  // PASV, EPSV
    co_await client_.pause(passive_answer_delay);
  co_await reply(given);
  if (given.transfer) co_await transfer(*given.transfer);
  now_ = {};
  co_return !given.closes;
}

Task<void> ControlConnection::reply(const Reply& given) {
  client_.note(std::string(now_) + " " + std::to_string(given.code));
  const std::string text = format_reply(given.code, given.text);
  if (given.closes) {
    co_await client_.write_and_shutdown(text);
    co_return;
  }
  co_await client_.write(text);
}

// ---- the second port

Task<void> ControlConnection::transfer(const Transfer& what) {
  client_.set_message_deadline(transfer_max, farewell);
  visit_.transfer = now_;
  auto outcome = Outcome::no_connection;
  const bool finished = co_await race(send_data(what, outcome), watch_control());
  visit_.transfer = {};

  Reply result{226, "The transfer is complete, the data connection is closed."};
  if (outcome == Outcome::unreadable)
    result = {451, "The file can't be read any further."};
  else if (!finished && outcome != Outcome::sent)
    result = {426, "The transfer is aborted, the data connection is closed."};
  else if (outcome == Outcome::broken)
    result = {426, "The data connection broke before the end."};
  else if (outcome == Outcome::no_connection && std::holds_alternative<Passive>(visit_.data))
    result = {425, "You did not connect to the data port within " +
                       std::to_string(data_connection_wait.count()) + " s."};
  else if (outcome == Outcome::no_connection)
    result = {425, "Your data port can't be reached. Does a firewall stand before it?"};
  visit_.drop_data_port();
  co_await reply(result);
}

Task<void> ControlConnection::send_data(const Transfer& what, Outcome& outcome) {
  auto data = co_await connect();
  if (!data) co_return;
  outcome = Outcome::broken;
  data->set_message_deadline(transfer_max);
  data->note(now_);
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
    // The data connection's end is not the conversation's, unless the whole server stops.
    if (end.reason() == EndReason::stop) throw;
  }
}

Task<std::optional<Connection>> ControlConnection::connect() {
  if (std::holds_alternative<Passive>(visit_.data)) {
    auto accepted = co_await passive_.accept();
    co_return accepted;
  }
  const auto target = tcp_endpoint(visit_.remote.address, std::get<Active>(visit_.data).port);
  // RFC 959 section 3.2: the server's data port is the one beside its control port, 20 beside 21.
  const auto beside = static_cast<std::uint16_t>(client_.local().port - 1);
  auto connected = co_await client_.connect_back(target, beside, "ftp-data");
  co_return connected;
}

// Looks ahead at what the visitor says during a transfer: ABOR ends it (RFC 959 section 4.1.3), and
// so does hanging up, unless QUIT was said, which waits for the transfer. STAT is answered at once.
// Everything else keeps its turn, and so does ABOR itself, which has a reply of its own.
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
        std::string answers = ahead.take_answers();
        // Taken off only then: if the transfer ends meanwhile, STAT still has its answer after it.
        co_await report_status(std::move(answers));
        client_.consume(seen);
        seen = 0;
        lines_ = ahead;
      } else {
        first = false;
      }
    }
    if (quit || seen >= waiting_bytes_max) co_await client_.wait_disconnect();
    const bool more = co_await client_.receive();
    if (!more) co_return;
  }
}

Task<void> ControlConnection::report_status(std::string text) {
  const Reply given = status(visit_, "");
  text += format_reply(given.code, given.text);
  co_await client_.write(text);
}

}  // namespace portlab::ftp::server
