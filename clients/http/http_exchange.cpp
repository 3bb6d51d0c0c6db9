#include "clients/http/http_exchange.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "clients/cli/terminal.hpp"
#include "clients/net/connection_failure.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

constexpr std::size_t piece_bytes = 64 * 1024;
constexpr int interim_max = 100;

/// How many bytes there are from the file's offset on; nothing for a pipe.
std::optional<std::uint64_t> size_of(int file) {
  struct stat about {};
  const auto place = ::lseek(file, 0, SEEK_CUR);
  if (place < 0 || ::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(std::max<off_t>(about.st_size - place, 0));
}

std::string hex(std::size_t number) {
  std::array<char, 2 * sizeof number> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  return {digits.data(), end};
}

/// Sends a file, in chunks if its length is not known (RFC 9112 section 7.1). Stops when the server
/// responds before it has received everything (RFC 9112 section 9.5).
///
/// The offset of a regular file stays where it is, so that another request can send it as well.
void send_file_body(ClientSession& session, int file) {
  const auto size = size_of(file);
  off_t place = ::lseek(file, 0, SEEK_CUR);
  std::uint64_t left = size.value_or(0);
  std::string piece(piece_bytes, '\0');
  while (!session.wait_readable(std::chrono::milliseconds(0))) {
    const auto wanted = size ? std::min<std::uint64_t>(left, piece.size()) : piece.size();
    if (wanted == 0) return;
    const auto got =
        size ? ::pread(file, piece.data(), wanted, place) : ::read(file, piece.data(), wanted);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw usage_failure("-d: " + std::string(std::strerror(errno)), "-d DATA");
    if (got == 0 && size)
      throw usage_failure("-d: the file became shorter while it was sent", "it once more");
    const std::string_view data(piece.data(), static_cast<std::size_t>(got));
    if (size) {
      session.write(data);
      left -= data.size();
      place += got;
    } else {
      session.write(hex(data.size()) + "\r\n" + std::string(data) + "\r\n");
      if (data.empty()) return;
    }
  }
}

/// Whether these are the first bytes of an alert or of a handshake (RFC 8446 section 5.1).
bool is_tls(std::string_view bytes) {
  return bytes.starts_with("\x15\x03") || bytes.starts_with("\x16\x03");
}

void send(ClientSession& session, const HttpRequest& request) {
  session.write(request.head() + request.body.value_or(""));
  if (request.body_file >= 0) send_file_body(session, request.body_file);
}

/// Reads the final response; skips interim responses (1xx).
class Reader {
 public:
  Reader(ClientSession& session, const HttpRequest& request, const HttpSink& sink)
      : session_(session), sink_(sink), is_head_(request.method == "HEAD") {
    for (const auto& field : request.fields)
      if (equal_ignoring_case(field.name, "Host")) host_ = field.value;
  }

  /// Whether a byte of a response has come.
  bool has_begun() const { return has_begun_; }

  /// The peer reset the connection before that. A server of TLS does so without an alert.
  CommandError reset_without_answer() const {
    return peer_failure(Exit::no_connection, NetError::reset, session_.remote(),
                        "connection reset: the peer ended the connection without an answer",
                        "the server's log for the reason (a limit? a restart?)" + or_https());
  }

  /// Whether another request may follow over the session.
  bool run() try {
    while (read_head()) continue;
    sink_.head(head_.head());
    const auto framing = head_.framing(is_head_);
    read_body(framing, head_.head());
    if (head_.head().status != 101) report_rest(framing);  // after 101 comes another protocol
    return head_.keeps_alive() && framing != HttpFraming::until_close && unread_.empty();
  } catch (const CommandError&) {
    // What is wrong with a part of the response may be the reason for its failure.
    if (!head_.done() || head_.error()) report(head_.irregularities());
    if (!chunks_.done()) report(chunks_.irregularities());
    throw;
  }

 private:
  /// True: it was the head of an interim response.
  bool read_head() {
    head_ = {};
    while (!head_.done()) {
      if (unread_.empty() && !receive()) throw broken_head(head_.begun());
      unread_.remove_prefix(head_.read(unread_));
      if (head_.error()) throw not_http(*head_.error());
    }
    report(head_.irregularities());
    const auto status = head_.head().status;
    const bool is_interim = status / 100 == 1 && status != 101;  // RFC 9110 section 15.2
    if (!is_interim) return false;
    if (++interim_ > interim_max)
      throw not_http({"more than 100 interim responses", head_.head().text()});
    return true;
  }

  /// False: the peer has closed.
  bool receive() {
    try {
      unread_ = as_text(session_.read_some(buffer_));
    } catch (const CommandError& failure) {
      const auto& error = failure.system_error();
      if (has_begun_ && error && error->error == ETIMEDOUT) throw unfinished();
      throw;
    }
    has_begun_ = has_begun_ || !unread_.empty();
    return !unread_.empty();
  }

  void report(const std::vector<std::string>& irregularities) const {
    for (const auto& what : irregularities) sink_.irregularity(what);
  }

  /// One request was sent, so nothing may follow its response.
  void report_rest(HttpFraming framing) const {
    if (unread_.empty()) return;
    sink_.irregularity(framing == HttpFraming::none ? "bytes follow a response that has no body"
                       : framing == HttpFraming::length
                           ? "bytes follow the body: is Content-Length too small?"
                           : "bytes follow the last chunk and its empty line");
  }

  void pass_on(std::string_view data) {
    if (!data.empty()) sink_.body(as_bytes(data));
    received_ += data.size();
  }

  void read_body(HttpFraming framing, const HttpHead& head) {
    framing_ = framing;
    length_ = head.length;
    switch (framing) {
      case HttpFraming::none:
        return;
      case HttpFraming::chunked:
        return read_chunks(head);
      case HttpFraming::until_close:
        while (!unread_.empty() || receive()) pass_on(std::exchange(unread_, {}));
        if (session_.was_cut_off()) throw cut_off_body();
        return;
      case HttpFraming::length:
        while (received_ < *head.length) {
          if (unread_.empty() && !receive()) throw broken_body(head);
          const auto piece = unread_.substr(0, *head.length - received_);
          pass_on(piece);
          unread_.remove_prefix(piece.size());
        }
        return;
    }
  }

  void read_chunks(const HttpHead& head) {
    std::string data;
    while (!chunks_.done()) {
      if (unread_.empty() && !receive()) {
        if (!chunks_.has_last_chunk()) throw broken_body(head);
        sink_.irregularity("the empty line after the last chunk is missing");
        break;
      }
      data.clear();
      unread_.remove_prefix(chunks_.read(unread_, data));
      pass_on(data);
      if (chunks_.error()) throw not_http(*chunks_.error());
    }
    report(chunks_.irregularities());
  }

  /// The time-out after a part of the response: what is still to come.
  CommandError unfinished() const {
    const std::string came = std::to_string(received_);
    std::string what = "the head has no end (an empty line)";
    std::string advice = "a server that sends an empty line after the fields";
    if (!framing_ && interim_ > 0 && !head_.begun()) {
      what = "an interim response (1xx) came, and not the final one";
      advice = "a server that sends the final response after it";
    } else if (framing_ == HttpFraming::until_close) {
      // A field may be there that says nothing: an unknown coding, or a number that is too large.
      const auto& head = head_.head();
      const bool has_none =
          head.field("Content-Length").empty() && head.field("Transfer-Encoding").empty();
      what = std::string(has_none ? "the response has no Content-Length, so its body ends"
                                  : "no length of the body is known, so it ends") +
             " when the server closes the connection, and it does not; " + came + " bytes came";
      advice = "a server that sends Content-Length, or closes";
    } else if (framing_ == HttpFraming::length) {
      what = came + " of " + std::to_string(length_.value_or(0)) + " bytes came";
      advice = "is Content-Length too large?";
    } else if (framing_ == HttpFraming::chunked) {
      const bool has_last = chunks_.has_last_chunk();
      what = std::string(has_last ? "the empty line after the last chunk (0) has not come; "
                                  : "the last chunk (0) has not come; ") +
             came + " bytes came";
      advice = has_last ? "a server that sends an empty line after the last chunk"
                        : "a server that ends the body with a chunk of size 0";
    }
    return peer_failure(
        Exit::no_connection, NetError::timeout, session_.remote(),
        "timed out: nothing came for " + in_seconds(session_.timeout()) + ": " + what,
        advice + (advice.ends_with('?') ? " " : "; ") + "--timeout SECONDS waits longer");
  }

  CommandError broken_head(bool has_begun) const {
    return peer_failure(Exit::no_connection, NetError::closed, session_.remote(),
                        has_begun
                            ? "the peer closed the connection in the middle of the answer's head"
                            : "the peer closed the connection without an answer",
                        connect_advice(session_.remote()) + (has_begun ? "" : or_https()));
  }

  CommandError broken_body(const HttpHead& head) const {
    const std::string came = std::to_string(received_);
    return peer_failure(Exit::no_connection, NetError::closed, session_.remote(),
                        "the response is incomplete: " + came +
                            (head.length ? " of " + std::to_string(*head.length) : "") +
                            " bytes came",
                        "once more, or the server's log for the reason");
  }

  std::string https_advice() const { return "portlab http https://" + printable(host_) + "/"; }

  std::string or_https() const {
    if (session_.tls() != nullptr || session_.remote().transport == Transport::local) return {};
    return "; or " + https_advice() + " (if this port speaks TLS)";
  }

  /// RFC 9112 section 9.8: such a body is complete only with TLS's end.
  CommandError cut_off_body() const {
    return peer_failure(
        Exit::no_connection, NetError::closed, session_.remote(),
        "the response is perhaps incomplete: " + std::to_string(received_) +
            " bytes came, its length was not announced, and the connection ended without TLS's end "
            "(close_notify), as when somebody cuts it off",
        "a server that sends Content-Length, or ends TLS before it closes");
  }

  CommandError not_http(const HttpSyntaxError& error) const {
    constexpr std::size_t shown_max = 60;
    if (session_.tls() == nullptr && is_tls(error.line))
      return peer_failure(Exit::failed, NetError::wrong_service, session_.remote(),
                          "this port speaks TLS, not HTTP without it", https_advice());
    const bool local = session_.remote().transport == Transport::local;
    return peer_failure(
        Exit::failed, NetError::wrong_service, session_.remote(),
        "this is not HTTP (" + error.reason + "): '" +
            printable(std::string_view(error.line).substr(0, shown_max)) + "'",
        (local ? "" : "is another service on this port? ") + connect_advice(session_.remote()));
  }

  ClientSession& session_;
  const HttpSink& sink_;
  bool is_head_;
  std::string host_;  // of the request: HOST or HOST:PORT
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(piece_bytes);
  std::string_view unread_;  // a part of buffer_
  ResponseHead head_;        // of the final response, when the interim ones have come
  int interim_ = 0;          // how many interim responses came
  ChunkedBody chunks_;
  std::uint64_t received_ = 0;
  std::optional<HttpFraming> framing_;  // of the body; nothing: its head is being read
  std::optional<std::uint64_t> length_;
  bool has_begun_ = false;
};

bool is_reset(const CommandError& failure) {
  const auto& error = failure.system_error();
  return error && (error->error == ECONNRESET || error->error == EPIPE);
}

}  // namespace

std::string HttpRequest::head() const {
  std::string text = method + " " + target + " HTTP/1.1\r\n";
  for (const auto& field : fields) text += field.name + ": " + field.value + "\r\n";
  if (body_file >= 0) {
    const auto size = size_of(body_file);
    text += size ? "Content-Length: " + std::to_string(*size) + "\r\n"
                 : std::string("Transfer-Encoding: chunked\r\n");
  } else if (body) {
    text += "Content-Length: " + std::to_string(body->size()) + "\r\n";
  }
  return text + "\r\n";
}

bool exchange(ClientSession& session, const HttpRequest& request, const HttpSink& sink) {
  std::optional<CommandError> unsent;
  try {
    send(session, request);
  } catch (const CommandError& failure) {
    if (failure.exit() != Exit::no_connection) throw;
    unsent = failure;  // a server that closes early often sends an error response first
  }
  Reader reader(session, request, sink);
  try {
    return reader.run() && !unsent;
  } catch (const CommandError& failure) {
    // Over TLS, an alert says more than the reset that follows it.
    const bool alert = session.tls() != nullptr && !failure.system_error();
    const auto& cause = unsent && !alert ? *unsent : failure;
    if (is_reset(cause) && session.tls() == nullptr && !reader.has_begun())
      throw reader.reset_without_answer();
    throw cause;
  }
}

}  // namespace portlab
