#include "servers/http/response_writer.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace portlab::http {

namespace {

/// A response's head seldom has more.
constexpr std::size_t head_bytes_usual = 512;

/// The session's note: "GET /index.html 200"; the status alone for a request that can't be read.
std::string note_of(const Request& request, unsigned status) {
  constexpr std::size_t request_shown_max = 160;
  std::string note;
  if (!request.target.empty()) {
    note.reserve(request_shown_max);
    note += request.method;
    note += ' ';
    note.append(request.target, 0, request_shown_max - note.size());
    note += ' ';
  }
  note += std::to_string(status);
  return note;
}

/// Sent from where it is, without a copy.
bool is_large(const Response& response) {
  return response.representation && response.parts.empty() &&
         response.representation->content.size() > gathered_bytes_max;
}

}  // namespace

Task<void> ResponseWriter::send(Response response) {
  begin_head(response);
  // A 304 has no body, and so no length (RFC 9110 section 15.4.5).
  if (response.status != 304) append_content_length(gathered_, response.length);
  end_head();
  if (!append_body(response)) co_await send_body(std::move(response));
}

void ResponseWriter::begin_head(const Response& response) {
  client_.note(note_of(request_, response.status));
  // Head and body with one allocation.
  if (gathered_.empty())
    gathered_.reserve(head_bytes_usual +
                      std::min<std::uint64_t>(response.length, gathered_bytes_max));
  append_head(gathered_, response);
}

void ResponseWriter::end_head() {
  if (closes_connection()) {
    gathered_ += "Connection: close\r\n";
  } else if (request_.http_1_0) {  // it has to be told (RFC 9112 section 9.3)
    gathered_ += "Connection: keep-alive\r\n";
  }
  gathered_ += "\r\n";
}

/// Appends a body that is in memory and not large; false: it is not appended.
bool ResponseWriter::append_body(const Response& response) {
  if (request_.is_head()) return true;
  if (!response.representation) {
    gathered_ += response.text;
    return true;
  }
  const auto& whole = *response.representation;
  if (whole.file || is_large(response)) return false;
  if (response.parts.empty()) gathered_ += whole.content;
  for (const auto& part : response.parts) {
    gathered_ += part.text;
    gathered_ += std::string_view(whole.content).substr(part.range.offset, part.range.length);
  }
  return true;
}

/// Sends what is gathered, and then a body from the disk, or a large one.
Task<void> ResponseWriter::send_body(Response response) {
  const auto& whole = *response.representation;
  if (is_large(response)) {
    co_await client_.write(gathered_, whole.content);
    gathered_.clear();
    co_return;
  }
  if (response.parts.empty()) response.parts.push_back({{}, {0, whole.size}});
  for (const auto& part : response.parts) {
    gathered_ += part.text;
    if (part.range.length == 0) continue;
    if (!gathered_.empty()) co_await client_.write_more(gathered_);
    gathered_.clear();
    co_await client_.send_file(*whole.file, part.range);
  }
}

Task<bool> ResponseWriter::begin_stream(Response head) {
  if (request_.http_1_0) close_connection();
  begin_head(head);
  if (!request_.http_1_0) gathered_ += "Transfer-Encoding: chunked\r\n";
  end_head();
  co_await flush();
  client_.suspend_deadline();
  co_return !request_.is_head();
}

Task<void> ResponseWriter::write(std::string_view part) {
  if (part.empty()) co_return;  // an empty chunk is the last one
  if (request_.http_1_0) {
    gathered_ += part;
  } else {
    char size[16];
    gathered_.append(size, std::to_chars(size, size + sizeof size, part.size(), 16).ptr);
    gathered_ += "\r\n";
    gathered_ += part;
    gathered_ += "\r\n";
  }
  co_await flush();
}

Task<void> ResponseWriter::pause(std::chrono::milliseconds time) {
  // A stop or a disconnect ends the wait at once: wait_disconnect throws.
  co_await race(client_.pause(time), client_.wait_disconnect());
}

Task<void> ResponseWriter::end_stream() {
  client_.set_message_deadline(response_seconds_max);
  if (!request_.http_1_0) gathered_ += "0\r\n\r\n";
  co_await flush();
}

Task<void> ResponseWriter::flush() {
  if (!gathered_.empty()) co_await client_.write(gathered_);
  gathered_.clear();
}

}  // namespace portlab::http
