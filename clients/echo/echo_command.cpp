// portlab echo: sends bytes to an echo server (RFC 862) and compares what comes back.

#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/client_session.hpp"
#include "clients/net/connection_card.hpp"
#include "clients/net/connection_failure.hpp"
#include "clients/net/resolver.hpp"
#include "common/known_services.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

const std::uint16_t default_port = default_port_of("echo");
/// What an IPv4 datagram can carry: 65,535 bytes less the headers of IPv4 (20) and UDP (8).
constexpr std::size_t datagram_bytes_max = 65'507;
/// The limit for stdin: the input is kept in memory, to compare the answer with it.
constexpr std::size_t text_bytes_max = 64 * 1024 * 1024;

constexpr Manual manual{"echo",
                        "HOST[:PORT] [TEXT]",
                        {{{"portlab echo 127.0.0.1 hello", "over tcp, to echo's default port 7"},
                          {"portlab echo --udp 127.0.0.1:8007 hello", "a datagram, to port 8007"},
                          {"portlab echo 127.0.0.1:8007 < FILE", "without TEXT, stdin is sent"}}},
                        "TEXT is sent without a line end. Exit status 1 if something else "
                        "came back than was sent."};

std::string read_stdin(const CommandLine& line) {
  std::string text;
  std::string piece(64 * 1024, '\0');
  while (true) {
    const auto got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw line.wrong("stdin: " + std::string(std::strerror(errno)), "a TEXT");
    text.append(piece, 0, static_cast<std::size_t>(got));
    if (text.size() > text_bytes_max)
      throw line.wrong("stdin holds more than " + std::to_string(text_bytes_max) + " bytes",
                       "portlab connect HOST:PORT");
  }
}

/// The answer and its round-trip time.
struct Echo {
  std::string text;
  std::chrono::microseconds round_trip{0};
};

std::string over_udp(ClientSession& session, const std::string& text) {
  std::vector<std::uint8_t> buffer(datagram_bytes_max + 1);
  session.write(text);
  return std::string(as_text(session.read_some(buffer)));
}

/// Returns the answer, up to the first difference.
std::string over_tcp(ClientSession& session, const std::string& text) {
  // If a long text were sent before any answer is read, the buffers of both ends would fill up and
  // neither could go on. So at most this many bytes are unanswered at any time.
  constexpr std::size_t unanswered_bytes_max = 64 * 1024;
  std::vector<std::uint8_t> buffer(unanswered_bytes_max);
  std::string back;
  std::size_t sent = 0;
  if (text.empty()) session.finish_writing();  // without text, only the end comes back
  do {
    const auto room = back.size() + unanswered_bytes_max - sent;
    const auto piece = std::string_view(text).substr(sent, room);
    session.write(piece);
    sent += piece.size();
    const auto got = session.read_some(buffer);
    back += as_text(got);
    if (got.empty() || !text.starts_with(back)) break;
  } while (back.size() < text.size());
  return back;
}

Echo exchange_text(ClientSession& session, const std::string& text) {
  const auto start = std::chrono::steady_clock::now();
  Echo echo;
  const bool udp = session.remote().transport == Transport::udp;
  echo.text = udp ? over_udp(session, text) : over_tcp(session, text);
  echo.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);
  return echo;
}

/// Nothing if the peer closed or reset the session before it sent a byte.
std::optional<Echo> exchange_unless_rejected(ClientSession& session, const std::string& text) try {
  if (session.was_rejected()) return std::nullopt;
  auto echo = exchange_text(session, text);
  const bool closed = echo.text.empty() && !text.empty();
  if (closed && session.remote().transport == Transport::tcp) return std::nullopt;
  return echo;
} catch (const CommandError&) {
  if (!session.was_rejected()) throw;
  return std::nullopt;
}

CommandError ended_by_peer(const Endpoint& peer, std::size_t count, std::size_t all) {
  return peer_failure(
      Exit::no_connection, NetError::closed, peer,
      (all == 1 ? "the session was"
                : std::to_string(count) + " of " + std::to_string(all) + " sessions were") +
          " ended by the server while held open",
      "is the server still running? Does it have a shorter time-out? portlab server status");
}

/// Throws unless the same bytes came back.
void compare(const std::string& sent, const Echo& echo, const Endpoint& peer) {
  const auto& back = echo.text;
  if (back == sent) return;
  const auto advice = "is this an echo server? " + connect_advice(peer);
  const auto numbers = std::to_string(back.size()) + " of " + std::to_string(sent.size());
  if (sent.starts_with(back))
    throw peer_failure(Exit::failed, back.empty() ? NetError::closed : NetError::wrong_service,
                       peer, "only " + numbers + " bytes came back", advice);
  const auto same = std::mismatch(sent.begin(), sent.end(), back.begin(), back.end()).first;
  throw peer_failure(Exit::failed, NetError::wrong_service, peer,
                     "the answer differs from what was sent, from byte " +
                         std::to_string(same - sent.begin() + 1) + " on",
                     advice);
}

void show(const Echo& echo, bool from_stdin, const ClientOptions& options) {
  const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  // A file or pipe gets the same bytes; a terminal gets complete lines of text.
  std::string text = echo.text;
  if (terminal && !is_showable(as_bytes(text))) text = printable(text);
  if ((!from_stdin || terminal) && !text.ends_with('\n')) text += '\n';
  print(text);
  if (!options.quiet && ::isatty(STDERR_FILENO) != 0)
    std::fprintf(stderr, "%zu bytes came back unchanged, in %.2f ms\n", echo.text.size(),
                 static_cast<double>(echo.round_trip.count()) / 1000);
}

/// The card of a session, with its echo.
json::object to_json(const json::value& card, const Echo& echo) {
  auto out = card.as_object();
  out["bytes"] = echo.text.size();
  out["milliseconds"] = static_cast<double>(echo.round_trip.count()) / 1000;
  return out;
}

std::string text_of(const CommandLine& line, bool udp, bool quiet) {
  const bool given = line.operands().size() > 1;
  if (!given && !quiet && ::isatty(STDIN_FILENO) != 0)
    std::fputs("type a text; Ctrl-D sends it\n", stderr);
  auto text = given ? line.operands()[1] : read_stdin(line);
  if (udp && text.size() > datagram_bytes_max)
    throw line.wrong(std::to_string(text.size()) +
                         " bytes do not fit into a datagram: it carries " +
                         std::to_string(datagram_bytes_max) + " at most",
                     "less, or tcp (without --udp)");
  return text;
}

/// Recognises "echo hello", as sh(1) has it, whose only word is no host: throws with the form of
/// portlab echo.
void expect_host(const CommandLine& line, const ClientOptions& options) try {
  const auto& word = line.operands()[0];
  if (line.operands().size() == 1 && word.find_first_of(".:") == word.npos) resolve(word, options);
} catch (const CommandError& failure) {
  if (!failure.why().starts_with("portlab why name ")) throw;
  throw CommandError(
      failure.exit(), failure.reason(),
      "portlab echo 127.0.0.1 " + shell_word(line.operands()[0]) + " (the host, then the text)")
      .caused_by(failure);
}

}  // namespace

int run_echo(const Arguments& arguments) {
  CommandLine line(manual);
  bool udp = false;
  line.add()("udp,u", po::bool_switch(&udp), "over UDP: sends one datagram, expects one back");
  const auto options = line.parse(arguments);
  if (!options) return 0;
  line.expect_operands(1, 2);
  const auto where = line.host_and_port(line.operands()[0]);
  expect_host(line, *options);
  const auto text = text_of(line, udp, options->quiet);

  const auto transport = udp ? Transport::udp : Transport::tcp;
  const Target target{transport, where.host, where.port.value_or(default_port)};
  auto sessions = connect_all(target, *options);
  const auto cards = show_cards(sessions, "echo", *options);
  json::array echoes;
  std::size_t rejected = 0;
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    auto& session = sessions[i];
    const auto echo = sessions.size() == 1 ? exchange_text(session, text)
                                           : exchange_unless_rejected(session, text);
    if (!echo) {
      ++rejected;
      continue;
    }
    compare(text, *echo, session.remote());
    if (options->json)
      echoes.push_back(to_json(cards[i], *echo));
    else
      show(*echo, line.operands().size() == 1, *options);
  }
  const auto peer = sessions.front().remote();
  if (rejected > 0) throw rejected_failure(peer, rejected, sessions.size());
  if (const auto ended = hold(*options, sessions); ended > 0)
    throw ended_by_peer(peer, ended, sessions.size());
  if (options->json) print_json(json::object{{"text", printable(text)}, {"sessions", echoes}});
  return 0;
}

}  // namespace portlab
