#include "clients/ftp/ftp_client.hpp"

#include <utility>
#include <vector>

#include "clients/cli/terminal.hpp"
#include "common/ftp/ascii.hpp"

namespace portlab::ftp::client {

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} * 1024;

}  // namespace

Client::Client(ClientSession session, const ClientOptions& options, bool verbose)
    : options_(options), control_(std::move(session), verbose) {}

void Client::log_in(const std::string& user, const std::string& password) {
  control_.greet();
  auto reply = control_.demand({"USER", user});
  if (reply.intermediate()) reply = control_.demand({"PASS", password});
  if (!reply.completed())  // 332 (account) is not supported
    throw control_.refusal({"PASS", ""}, reply);
}

void Client::quit() {
  try {
    control_.ask({"QUIT", ""});
  } catch (const CommandError&) {
  }
}

void Client::set_type(Type type) {
  if (type == type_) return;
  control_.demand({"TYPE", std::string(1, static_cast<char>(type))});
  type_ = type;
}

std::optional<std::uint64_t> Client::size_of(const std::string& path, Type type) {
  set_type(type);
  const auto reply = control_.ask({"SIZE", path});
  if (reply.code != 213) return std::nullopt;
  const auto size = parse_number(reply.text(), 0, UINT64_MAX);
  return size ? std::optional(*size) : std::nullopt;
}

Transferred Client::receive(const Command& command, Type type, const Sink& sink) {
  set_type(type);
  DataPort port(control_, choice, options_);
  Transferred done{control_.demand(command), 0, {}};
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
    control_.receive();
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
  DataPort port(control_, choice, options_);
  Transferred done{control_.demand(command), 0, {}};
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
  auto reply = control_.receive();
  if (reply.refused()) throw control_.refusal(command, reply);
  return reply;
}

}  // namespace portlab::ftp::client
