// One conversation, from accept to close:
//
//   HeadScanner   finds the head in what has arrived, and checks its lines      head.hpp
//   parse_head    takes it apart                                                beast_parser.cpp
//   framing_of    says where the body ends, or why the request is refused       framing.hpp
//   BodyReader    reads the body to its end                                     body.hpp
//   parse_target  says what is asked for                                        target.hpp
//   answer        finds it in the table of resources, or in the site            resources.cpp
//   answer_with   weighs the request's conditions and ranges                    answer.cpp
//
// Answers to requests that arrived together leave together.

#include "servers/http/http_service.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "servers/http/body.hpp"
#include "servers/http/date.hpp"
#include "servers/http/file_cache.hpp"
#include "servers/http/framing.hpp"
#include "servers/http/head.hpp"
#include "servers/http/resources.hpp"
#include "servers/http/response.hpp"
#include "servers/http/sessions_page.hpp"
#include "servers/http/target.hpp"

namespace portlab {

namespace {

using namespace http;

constexpr std::chrono::seconds head_seconds_max{10};
constexpr std::chrono::seconds body_seconds_max{60};
/// To take what we answer, apart from what Connection::write grants for much of it.
constexpr std::chrono::seconds answer_seconds_max{30};
/// A head of ours seldom has more.
constexpr std::size_t head_bytes_usual = 512;
/// Answers wait for each other until there is that much.
constexpr std::size_t gathered_bytes_max = std::size_t{64} * 1024;
/// Or so many; then the other sessions soon have their turn.
constexpr int gathered_answers_max = 8;

/// What a peer hears that is too slow with its request. The Date in it is of the time when the wait
/// began; the storage lives as long as the thread, and so longer than any session.
std::string_view too_slow() {
  static constexpr std::string_view begin =
      "HTTP/1.1 408 Request Timeout\r\nServer: Portlab\r\nDate: ";
  static constexpr std::string_view end =
      "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 58\r\nConnection: "
      "close\r\n\r\n408 Request Timeout\nthe request was not complete in time.\n";
  static constexpr std::size_t date_bytes = 29;
  static thread_local std::array<char, begin.size() + date_bytes + end.size()> text;
  auto* at = std::ranges::copy(begin, text.begin()).out;
  at = std::ranges::copy(date_now(), at).out;
  std::ranges::copy(end, at);
  return {text.data(), text.size()};
}

/// A request's bytes, as far as its resource wants to see them.
struct Arrived {
  std::string_view raw;
  std::string_view content;
};

/// What a head leads to: an answer at once, or something to be awaited first.
struct Step {
  std::optional<Response> answer;
  Framing framing;
  BodyKept kept = BodyKept::nothing;  ///< what the resource wants to see of it
};

class HttpStream final : public StreamService {
 public:
  HttpStream(std::shared_ptr<SharedSite> site, const ServerView& tables)
      : site_(std::move(site)), tables_(tables) {}

  Task<void> serve(Connection& client) override;
  std::string_view overload_reply() const override;

 private:
  using Page = std::shared_ptr<const Representation>;

  Task<bool> answer_what_came(Connection& client);
  Step begin(const Connection& client, std::string_view head_bytes);
  Task<Response> answer_with_sessions(Connection& client, std::string head_bytes);
  Task<Response> answer_with_body(Connection& client, std::string raw, Step step, std::string& out);
  Response make_answer(const Connection& client, const Head& head, const Arrived& arrived,
                       const Framing& framing, const Page& sessions);
  Response make_answer(const Connection& client, std::string_view head_bytes,
                       const Arrived& arrived, const Page& sessions);

  std::shared_ptr<SharedSite> site_;
  const ServerView& tables_;
  FileCache files_;
  SessionsPage sessions_;
};

/// The row's note: "GET /index.html 200". `head`: empty, or begins with a sound request line.
void note(Connection& client, std::string_view head, unsigned status) {
  constexpr std::size_t request_shown = 160;
  std::array<char, request_shown + 8> text;
  const auto request = head.substr(0, head.find(" HTTP/")).substr(0, request_shown);
  auto* at = std::ranges::copy(request, text.begin()).out;
  if (!request.empty()) *at++ = ' ';
  at = std::to_chars(at, text.data() + text.size(), status).ptr;
  client.note({text.data(), at});
}

/// Whether what has arrived begins with a request for the head alone.
bool asks_for_head(std::string_view pending) {
  while (pending.starts_with("\r\n")) pending.remove_prefix(2);
  return pending.starts_with("HEAD ");
}

Task<void> flush(Connection& client, std::string& out) {
  if (!out.empty()) co_await client.write(out);
  out.clear();
}

/// A body that is better sent from where it is than copied.
bool is_large(const Response& answer) {
  return answer.representation && answer.parts.empty() &&
         answer.representation->content.size() > gathered_bytes_max;
}

/// Appends a body that is in memory and not large; false: it is on the disk, or large.
bool append_body(std::string& out, const Response& answer) {
  if (answer.head_only) return true;
  if (!answer.representation) {
    out += answer.text;
    return true;
  }
  const auto& whole = *answer.representation;
  if (whole.file || is_large(answer)) return false;
  if (answer.parts.empty()) out += whole.content;
  for (const auto& part : answer.parts) {
    out += part.text;
    out += std::string_view(whole.content).substr(part.range.offset, part.range.length);
  }
  return true;
}

/// Sends what waits in `out`, and then a body from the disk, or a large one.
Task<void> send_body(Connection& client, std::string& out, Response answer) {
  const auto& whole = *answer.representation;
  if (is_large(answer)) {
    co_await client.write(out, whole.content);
    out.clear();
    co_return;
  }
  if (answer.parts.empty()) answer.parts.push_back({{}, {0, whole.size}});
  for (const auto& part : answer.parts) {
    out += part.text;
    if (part.range.length > 0 && !out.empty()) {
      co_await client.write_more(out);
      out.clear();
    }
    if (part.range.length > 0) co_await client.send_file(*whole.file, part.range);
  }
}

Task<void> HttpStream::serve(Connection& client) {
  bool more = true;
  while (more) {
    client.start_idle_timeout();
    if (client.pending().empty()) more = co_await client.receive();
    if (more) more = co_await answer_what_came(client);
  }
}

/// Answers until nothing is pending; false: the conversation is over. Lives apart from converse(),
/// so that a session between two requests owns next to nothing.
Task<bool> HttpStream::answer_what_came(Connection& client) {
  std::string out;
  for (int gathered = 1; !client.pending().empty(); ++gathered) {
    HeadScanner scanner;
    auto state = scanner.scan(client.pending());
    if (state == HeadScanner::State::more) {
      co_await flush(client, out);
      client.set_message_deadline(head_seconds_max, too_slow());
      while (state == HeadScanner::State::more) {
        const bool came = co_await client.receive();
        if (!came) co_return false;
        state = scanner.scan(client.pending());
      }
    }
    client.set_message_deadline(answer_seconds_max);
    Response answer;
    if (state == HeadScanner::State::refused) {
      answer = refusal_answer(scanner.refusal());
      answer.head_only = asks_for_head(client.pending());
      note(client, {}, answer.status);
    } else {
      const auto head = scanner.head(client.pending());
      auto step = begin(client, head);
      if (step.answer && !step.answer->wants_sessions) {
        answer = std::move(*step.answer);
        note(client, head, answer.status);
        client.consume(scanner.bytes());
      } else {
        std::string raw(head);
        client.consume(scanner.bytes());
        if (step.answer) {
          answer = co_await answer_with_sessions(client, std::move(raw));
        } else {
          answer = co_await answer_with_body(client, std::move(raw), std::move(step), out);
        }
      }
    }
    const bool last = answer.close;
    if (answer.peer_is_done) client.skip_linger();
    // One allocation, not one for every doubling.
    if (out.empty()) out.reserve(head_bytes_usual + std::min<std::uint64_t>(answer.length, 65536));
    append_head(out, answer);
    if (!append_body(out, answer)) co_await send_body(client, out, std::move(answer));
    if (last) {
      co_await client.write_and_shutdown(out);
      co_return false;
    }
    if (out.size() > gathered_bytes_max || gathered % gathered_answers_max == 0)
      co_await flush(client, out);
  }
  co_await flush(client, out);
  co_return true;
}

Step HttpStream::begin(const Connection& client, std::string_view head_bytes) {
  Step step;
  Head head;
  if (const auto fault = parse_head(head_bytes, head)) {
    step.answer = refusal_answer(*fault);
    step.answer->head_only = head_bytes.starts_with("HEAD ");
    return step;
  }
  const auto framing = framing_of(head);
  if (const auto* fault = std::get_if<HttpError>(&framing)) {
    step.answer = refusal_answer(*fault);
    step.answer->head_only = head.method == "HEAD";
    return step;
  }
  step.framing = std::get<Framing>(framing);
  if (!step.framing.has_body()) {
    step.answer = make_answer(client, head, {head_bytes, {}}, step.framing, nullptr);
    return step;
  }
  const auto target = parse_target(head.method, head.target);
  const auto* found = std::get_if<Target>(&target);
  if (found != nullptr) step.kept = body_kept(found->path);
  return step;
}

Task<Response> HttpStream::answer_with_sessions(Connection& client, std::string head_bytes) {
  const auto page = co_await sessions_.get(tables_);
  auto answer = make_answer(client, head_bytes, {head_bytes, {}}, page);
  note(client, head_bytes, answer.status);
  co_return answer;
}

Task<Response> HttpStream::answer_with_body(Connection& client, std::string raw, Step step,
                                            std::string& out) {
  const std::string head(raw);
  if (step.framing.expects_continue && client.pending().empty()) {
    // Who asks first may be told "no" before the body is sent; but then nobody knows whether it
    // will come after all (RFC 9110 section 10.1.1), so that is the end.
    auto early = make_answer(client, head, {head, {}}, nullptr);
    if (early.status >= 400) {
      early.close = true;
      note(client, head, early.status);
      co_return early;
    }
    out += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  client.set_message_deadline(body_seconds_max, too_slow());
  std::string content;
  BodyReader reader(head, step.kept == BodyKept::content ? &content : nullptr);
  for (;;) {
    std::size_t taken = 0;
    const auto state = reader.read(client.pending(), taken);
    if (step.kept == BodyKept::raw) raw += client.pending().substr(0, taken);
    client.consume(taken);
    if (state == BodyReader::State::complete) break;
    bool more = false;
    if (state == BodyReader::State::more) {
      co_await flush(client, out);
      more = co_await client.receive();
    }
    if (!more) {
      auto refused = refusal_answer(state == BodyReader::State::refused
                                        ? reader.refusal()
                                        : HttpError{400, "the body is shorter than announced"});
      refused.head_only = head.starts_with("HEAD ");
      note(client, head, refused.status);
      co_return refused;
    }
  }
  client.set_message_deadline(answer_seconds_max);
  auto answer = make_answer(client, head, {raw, content}, nullptr);
  if (answer.wants_sessions) answer = co_await answer_with_sessions(client, head);
  note(client, head, answer.status);
  co_return answer;
}

Response HttpStream::make_answer(const Connection& client, std::string_view head_bytes,
                                 const Arrived& arrived, const Page& sessions) {
  Head head;
  if (const auto fault = parse_head(head_bytes, head)) return refusal_answer(*fault);
  const auto framing = framing_of(head);
  if (const auto* fault = std::get_if<HttpError>(&framing)) return refusal_answer(*fault);
  return make_answer(client, head, arrived, std::get<Framing>(framing), sessions);
}

Response HttpStream::make_answer(const Connection& client, const Head& head, const Arrived& arrived,
                                 const Framing& framing, const Page& sessions) {
  const auto target = parse_target(head.method, head.target);
  Response made;
  if (const auto* fault = std::get_if<HttpError>(&target)) {
    made = refusal_answer(*fault);
    made.head_only = head.method == "HEAD";
  } else {
    made = http::answer({head, std::get<Target>(target), arrived.raw, arrived.content,
                         client.poll_generation(), client.local(), client.remote(), tables_,
                         sessions, *site_, files_});
  }
  made.close = made.close || !framing.keep_alive;
  made.peer_is_done = !framing.keep_alive;
  made.says_keep_alive = framing.says_keep_alive;
  return made;
}

std::string_view HttpStream::overload_reply() const {
  return "HTTP/1.1 503 Service Unavailable\r\nServer: Portlab\r\nRetry-After: 5\r\n"
         "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 60\r\n"
         "Connection: close\r\n\r\n"
         "503 Service Unavailable\nall seats are taken; try again soon\n";
}

}  // namespace

Service make_http_service(std::shared_ptr<SharedSite> site, const ServerView& tables) {
  return {service_info("http"), std::make_unique<HttpStream>(std::move(site), tables), nullptr};
}

}  // namespace portlab
