// portlab connect: sends and receives raw bytes, as nc does.
//
//   run_connect → RawSession::run: poll(2) on stdin and on the socket until one side has ended

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/client_session.hpp"
#include "clients/net/connection_card.hpp"
#include "clients/net/connection_failure.hpp"
#include "clients/net/control_client.hpp"
#include "common/ftp/ascii.hpp"
#include "common/port.hpp"
#include "common/service_names.hpp"

namespace portlab {

namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t piece_bytes = 64 * 1024;

constexpr Manual manual{
    "connect",
    "HOST:PORT",
    {{{"portlab connect 127.0.0.1:21", "FTP by hand: type USER anonymous, HELP, QUIT"},
      {"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | portlab connect 127.0.0.1:80",
       "send a file or a pipe; what comes back goes to stdout"},
      {"portlab connect --sessions 5 --hold 30 127.0.0.1:80",
       "five sessions for 30 seconds; portlab netstat shows them"}}},
    "On a terminal, Enter sends CR LF, as telnet does; what comes from a file or a pipe "
    "is sent unchanged. Ctrl-D ends your input; the peer may still answer. When the peer is "
    "then silent for --timeout seconds, the session ends. With several sessions, the input goes to "
    "the first. With --hold, the sessions stay open for that time."};

using Output = std::function<void(Bytes)>;

/// Bytes from stdin to the peer and from the peer to the output, until both have ended.
class RawSession {
 public:
  RawSession(ClientSession& session, Output output, const ClientOptions& options, bool crlf)
      : session_(session), output_(std::move(output)), options_(options), crlf_(crlf) {
    if (options.hold.count() > 0) hold_until_ = Clock::now() + options.hold;
  }

  void run() {
    while (!peer_ended_) {
      if (stdin_ended_ && unsent_.empty() && !finished_writing_ && !held()) finish_writing();
      if (!wait()) return;
    }
    if (held())
      std::this_thread::sleep_until(*hold_until_);  // --hold applies to the other sessions
  }

  bool peer_ended() const { return peer_ended_; }
  std::uint64_t sent() const { return sent_; }

 private:
  bool held() const { return hold_until_ && Clock::now() < *hold_until_; }
  bool is_udp() const { return session_.remote().transport == Transport::udp; }

  void finish_writing() {
    session_.finish_writing();
    finished_writing_ = true;
    last_received_ = Clock::now();
  }

  /// When to stop; nothing: never, since a user may take any time to type.
  std::optional<Clock::time_point> deadline() const {
    if (held()) return hold_until_;
    if (finished_writing_) return last_received_ + options_.timeout;
    return std::nullopt;
  }

  /// Waits for the next event and handles it. False at the time-out.
  bool wait() {
    pollfd entries[] = {{stdin_ended_ || !unsent_.empty() ? -1 : STDIN_FILENO, POLLIN, 0},
                        {session_.descriptor(), POLLIN, 0}};
    if (!unsent_.empty()) entries[1].events |= POLLOUT;
    const auto end = deadline();
    const auto left = end ? std::chrono::ceil<milliseconds>(*end - Clock::now()) : milliseconds(-1);
    const int ready = ::poll(entries, 2, end ? static_cast<int>(std::max(left.count(), 0L)) : -1);
    if (ready < 0 && errno == EINTR) return true;
    if (ready == 0) return handle_timeout();
    if (entries[0].revents != 0) from_stdin();
    if ((entries[1].revents & POLLOUT) != 0) to_peer();
    if ((entries[1].revents & ~POLLOUT) != 0) from_peer();
    return true;
  }

  /// True if the session goes on.
  bool handle_timeout() {
    if (!finished_writing_ && hold_until_) {  // --hold is over
      const bool over = ::isatty(STDIN_FILENO) != 0;
      hold_until_.reset();
      stdin_ended_ = stdin_ended_ || over;
      return true;
    }
    if (is_udp() && received_ == 0 && sent_ > 0) throw session_.timed_out();
    return false;
  }

  void from_stdin() {
    std::string piece(piece_bytes, '\0');
    const auto got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got < 0) throw usage_failure("stdin: " + std::string(std::strerror(errno)), "< FILE");
    piece.resize(static_cast<std::size_t>(got));
    if (got == 0) stdin_ended_ = true;
    unsent_ += crlf_ ? line_ends_.encode(piece) : piece;
    if (!unsent_.empty()) to_peer();
  }

  void to_peer() {
    const auto count = session_.write_some(as_bytes(unsent_));
    unsent_.erase(0, count);
    sent_ += count;
  }

  void from_peer() {
    std::vector<std::uint8_t> buffer(piece_bytes);
    const auto got = session_.read_some(buffer);
    last_received_ = Clock::now();
    received_ += got.size();
    if (got.empty() && !is_udp())
      peer_ended_ = true;
    else
      output_(got);
  }

  ClientSession& session_;
  Output output_;
  const ClientOptions& options_;
  bool crlf_;
  ftp::AsciiEncoder line_ends_;  ///< writes CRLF for each LF
  std::optional<Clock::time_point> hold_until_;
  Clock::time_point last_received_ = Clock::now();
  std::string unsent_;  ///< read from stdin and not yet sent
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  bool stdin_ended_ = false;
  bool finished_writing_ = false;
  bool peer_ended_ = false;
};

/// Prints to stdout; on a terminal, control characters are made visible.
void show(Bytes bytes) {
  if (::isatty(STDOUT_FILENO) != 0)
    print(showable(as_text(bytes)));
  else
    print(as_text(bytes));
}

Target target_of(const CommandLine& line, bool udp, const std::string& unix_socket) {
  const auto& operands = line.operands();
  if (!unix_socket.empty()) {
    line.expect_operands(0, 0);
    return {Transport::local, unix_socket, 0};
  }
  line.expect_operands(1, 2);
  const auto transport = udp ? Transport::udp : Transport::tcp;
  const bool two_words = operands.size() == 2;  // "HOST PORT", as telnet and nc write it
  if (operands[0].starts_with('/') || operands[0].starts_with("./"))
    throw line.wrong("'" + printable(operands[0]) + "' is a path, not HOST:PORT",
                     connect_advice(local_endpoint(operands[0])));
  const auto where = line.host_and_port(operands[0]);
  if (two_words && where.port) throw line.wrong("the port is given twice", operands[0]);
  if (!two_words && !where.port)
    throw line.wrong("'" + printable(operands[0]) + "': the port is missing",
                     "portlab connect " + operands[0] + ":80");
  if (!two_words) return {transport, where.host, *where.port};
  const auto port = parse_port(operands[1]);
  if (!port) throw line.wrong(port.error().text);
  return {transport, where.host, *port};
}

Card card_for(const ClientSession& session, const ClientOptions& options) {
  const auto& peer = session.remote();
  if (const auto* listener = local_listener_at(peer); listener != nullptr)
    return card_of(session, listener->service, listener->default_port, options);
  return card_of(session, service_name(peer.port, to_string(peer.transport)), 0, options);
}

}  // namespace

int run_connect(const Arguments& arguments) {
  CommandLine line(manual);
  bool crlf = false;
  bool lf = false;
  bool udp = false;
  std::string unix_socket;
  auto add = line.add();
  add("crlf", po::bool_switch(&crlf),
      "end each line with CR LF, as HTTP, FTP and SMTP require; the default on a terminal");
  add("lf", po::bool_switch(&lf), "on a terminal: end each line with LF alone");
  add("udp,u", po::bool_switch(&udp), "over udp: each line you type is a datagram");
  add("unix-socket", po::value(&unix_socket)->value_name("PATH"), "to this Unix socket");
  const auto options = line.parse(arguments);
  if (!options) return 0;
  if (crlf && lf) throw line.wrong("--crlf and --lf exclude each other", "one of them, or none");
  // A datagram carries the typed text, not a line of a protocol.
  crlf = crlf || (::isatty(STDIN_FILENO) != 0 && !lf && !udp);

  auto sessions = connect_all(target_of(line, udp, unix_socket), *options);
  json::array cards;
  for (const auto& session : sessions) {
    const auto card = card_for(session, *options);
    show_card(card, *options);
    cards.push_back(to_json(card));
  }
  const bool interactive = ::isatty(STDIN_FILENO) != 0 && !options->quiet && !options->json;
  if (interactive) {
    std::fputs(udp ? "udp has no connection: each line is a datagram" : "connected", stderr);
    std::fputs("; Ctrl-D ends, Ctrl-C at once\n", stderr);
  }

  CapturedText kept;
  const auto keep = [&](Bytes bytes) { kept.add(bytes); };
  RawSession raw_session(sessions.front(), options->json ? Output(keep) : Output(show), *options,
                         crlf);
  raw_session.run();
  if (interactive && raw_session.peer_ended())
    std::fputs("the peer closed the connection\n", stderr);
  const auto others = std::span(sessions).subspan(1);
  const auto rejected = static_cast<std::size_t>(
      std::count_if(others.begin(), others.end(),
                    [](const ClientSession& session) { return session.was_rejected(); }));
  if (rejected > 0) throw rejected_failure(sessions.front().remote(), rejected, sessions.size());
  if (!options->json) return 0;
  print_json(json::object{{"sessions", cards},
                          {"sent_bytes", raw_session.sent()},
                          {"received_bytes", kept.bytes()},
                          {"received", kept.to_json()}});
  return 0;
}

}  // namespace portlab
