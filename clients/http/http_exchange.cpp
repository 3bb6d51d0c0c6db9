// The only file of the clients that uses Beast: Beast parses, ClientSession reads and writes.

#include "clients/http/http_exchange.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <locale>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"

namespace portlab {

namespace {

namespace http = boost::beast::http;
using Parser = http::response_parser<http::buffer_body>;

constexpr std::size_t piece_bytes = 64 * 1024;

/// How many bytes are left in a regular file; nothing for a pipe.
std::optional<std::uint64_t> size_of(int file) {
  struct stat about {};
  if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  const auto place = ::lseek(file, 0, SEEK_CUR);
  return static_cast<std::uint64_t>(std::max<off_t>(about.st_size - std::max<off_t>(place, 0), 0));
}

std::string hex(std::size_t number) {
  std::array<char, 2 * sizeof number> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  return {digits.data(), end};
}

/// Sends a file, in chunks if its length is not known (RFC 9112 section 7.1). Stops when the server
/// responds before it has received everything (RFC 9112 section 9.5).
void send_file_body(ClientSession& session, int file) {
  const auto size = size_of(file);
  std::uint64_t left = size.value_or(0);
  std::string piece(piece_bytes, '\0');
  while (!session.wait_readable(std::chrono::milliseconds(0))) {
    const auto wanted = size ? std::min<std::uint64_t>(left, piece.size()) : piece.size();
    if (wanted == 0) return;
    const auto got = ::read(file, piece.data(), wanted);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw usage_failure("-d: " + std::string(std::strerror(errno)), "-d DATA");
    if (got == 0 && size)
      throw usage_failure("-d: the file became shorter while it was sent", "it once more");
    const std::string_view data(piece.data(), static_cast<std::size_t>(got));
    if (size) {
      session.write(data);
      left -= data.size();
    } else {
      session.write(hex(data.size()) + "\r\n" + std::string(data) + "\r\n");
      if (data.empty()) return;
    }
  }
}

void send(ClientSession& session, const HttpRequest& request) {
  session.write(request.head() + (request.body_file < 0 ? request.body : ""));
  if (request.body_file >= 0) send_file_body(session, request.body_file);
}

HttpHead head_of(const Parser& parser) {
  const auto& message = parser.get();
  HttpHead head;
  head.version = message.version();
  head.status = message.result_int();
  head.reason = std::string(message.reason());
  for (const auto& field : message)
    head.fields.push_back({std::string(field.name_string()), std::string(field.value())});
  if (const auto length = parser.content_length()) head.length = *length;
  return head;
}

/// Reads the final response; skips interim responses (1xx).
class Reader {
 public:
  Reader(ClientSession& session, const HttpRequest& request, const HttpSink& sink)
      : session_(session), sink_(sink), is_head_(request.method == "HEAD") {}

  bool run() {
    while (true) {
      Parser parser;
      parser.header_limit(http_head_bytes_max);
      parser.body_limit(boost::none);  // the body is passed on in pieces
      parser.skip(is_head_);
      read_head(parser);
      const auto head = head_of(parser);
      // RFC 9110 section 15: status codes begin at 100.
      if (head.status < 100) throw not_http(http::error::bad_status);
      const bool interim = head.status / 100 == 1 && head.status != 101;  // RFC 9110 section 15.2
      if (interim) continue;
      sink_.head(head);
      read_body(parser, head);
      return parser.keep_alive() && unparsed_.empty();
    }
  }

 private:
  /// Receives more bytes; false at the end of the stream.
  bool more() {
    if (unparsed_.size() > http_head_bytes_max + piece_bytes)  // an endless chunk extension
      throw not_http(http::error::header_limit);
    std::string piece(piece_bytes, '\0');
    const auto got =
        session_.read_some({reinterpret_cast<std::uint8_t*>(piece.data()), piece.size()});
    unparsed_ += as_text(got);
    return !got.empty();
  }

  void drop(std::size_t count) { unparsed_.erase(0, count); }

  void read_head(Parser& parser) {
    bool first = true;
    while (!parser.is_header_done()) {
      if ((unparsed_.empty() || !first) && !more()) throw broken_head();
      first = false;
      boost::beast::error_code error;
      parser.get().body().data = nullptr;  // stop at the head's end
      parser.get().body().size = 0;
      const auto used = parser.put(boost::asio::buffer(unparsed_), error);
      drop(used);  // before the error, which quotes the line that is wrong
      if (error && error != http::error::need_more && error != http::error::need_buffer)
        throw not_http(error);
    }
  }

  void read_body(Parser& parser, const HttpHead& head) {
    std::string piece(piece_bytes, '\0');
    while (!parser.is_done()) {
      if (unparsed_.empty() && !more()) {
        boost::beast::error_code error;
        parser.put_eof(error);  // no error if the end of the stream is the end of the body
        if (error) throw broken_body(head);
        return;
      }
      auto& body = parser.get().body();
      body.data = piece.data();
      body.size = piece.size();
      boost::beast::error_code error;
      const auto used = parser.put(boost::asio::buffer(unparsed_), error);
      const std::size_t filled = piece.size() - body.size;
      if (filled > 0) sink_.body(as_bytes({piece.data(), filled}));
      received_ += filled;
      drop(used);
      if (error == http::error::need_more && !more()) throw broken_body(head);
      if (error && error != http::error::need_more && error != http::error::need_buffer)
        throw not_http(error);
    }
  }

  std::string peer_text() const { return session_.remote().to_string(); }

  CommandError broken_head() const {
    return CommandError(
               Exit::no_connection,
               peer_text() + (unparsed_.empty()
                                  ? ": the peer closed the connection without an answer"
                                  : ": the peer closed the connection in the middle of the "
                                    "answer's head"),
               connect_advice(session_.remote()))
        .explained_by(NetError::closed, session_.remote());
  }

  CommandError broken_body(const HttpHead& head) const {
    const std::string came = std::to_string(received_);
    return CommandError(Exit::no_connection,
                        peer_text() + ": the response is incomplete: " + came +
                            (head.length ? " of " + std::to_string(*head.length) : "") +
                            " bytes came",
                        "once more, or the server's log for the reason")
        .explained_by(NetError::closed, session_.remote());
  }

  CommandError not_http(const boost::beast::error_code& error) const {
    const auto line = std::string_view(unparsed_).substr(0, unparsed_.find_first_of("\r\n"));
    constexpr std::size_t shown_max = 60;
    return CommandError(
               Exit::peer_said_no,
               peer_text() + ": this is not HTTP (" + error.message() + "): '" +
                   printable(line.substr(0, shown_max)) + "'",
               session_.remote().transport == Transport::local
                   ? connect_advice(session_.remote())
                   : "is another service on this port? " + connect_advice(session_.remote()))
        .explained_by(NetError::wrong_service, session_.remote());
  }

  ClientSession& session_;
  const HttpSink& sink_;
  bool is_head_;
  std::string unparsed_;  ///< received and not yet parsed
  std::uint64_t received_ = 0;
};

}  // namespace

std::string HttpRequest::head() const {
  std::string text = method + " " + target + " HTTP/1.1\r\n";
  for (const auto& field : fields) text += field.name + ": " + field.value + "\r\n";
  if (body_file >= 0) {
    const auto size = size_of(body_file);
    text += size ? "Content-Length: " + std::to_string(*size) + "\r\n"
                 : std::string("Transfer-Encoding: chunked\r\n");
  } else if (has_body) {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n";
}

std::string_view HttpHead::field(std::string_view name) const {
  for (const auto& each : fields)
    if (boost::algorithm::iequals(each.name, name, std::locale::classic())) return each.value;
  return {};
}

std::string HttpHead::text() const {
  std::string out = "HTTP/" + std::to_string(version / 10) + "." + std::to_string(version % 10) +
                    " " + std::to_string(status) + " " + reason + "\r\n";
  for (const auto& field : fields) out += field.name + ": " + field.value + "\r\n";
  return out + "\r\n";
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return ('0' <= c && c <= '9') || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool exchange(ClientSession& session, const HttpRequest& request, const HttpSink& sink) {
  std::optional<CommandError> unsent;
  try {
    send(session, request);
  } catch (const CommandError& failure) {
    if (failure.exit() != Exit::no_connection) throw;
    unsent = failure;  // a server that closes early often sends an error response first
  }
  try {
    return Reader(session, request, sink).run() && !unsent;
  } catch (const CommandError&) {
    if (unsent) throw *unsent;
    throw;
  }
}

}  // namespace portlab
