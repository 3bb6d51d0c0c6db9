#include "clients/capture/http_messages.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "common/text.hpp"

namespace portlab {

namespace {

// For each session: a capture keeps up to ConversationLimits::conversations of them.
constexpr std::size_t head_bytes_max = 8 * 1024;
constexpr std::size_t methods_max = 100;
constexpr std::size_t shown_bytes_max = 200;

constexpr std::array<std::string_view, 9> methods{"GET",   "HEAD",    "POST",    "PUT",  "DELETE",
                                                  "PATCH", "OPTIONS", "CONNECT", "TRACE"};

/// The text without the first line end and all behind it.
std::string_view first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// The value of the field, from the lines after the start line; the last one if there are several.
std::optional<std::string_view> field(std::string_view head, std::string_view name) {
  std::optional<std::string_view> value;
  for (auto at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1)) {
    const auto line = first_line(head.substr(at + 1));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !equal_ignoring_case(line.substr(0, colon), name))
      continue;
    auto text = line.substr(colon + 1);
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    value = text;
  }
  return value;
}

/// The start line as it is shown: without the version, which matters to few.
std::string shown(bool from_client, std::string_view line) {
  if (from_client) {
    const auto version = line.rfind(" HTTP/");
    if (version != std::string_view::npos) line = line.substr(0, version);
  } else {
    const auto space = line.find(' ');
    if (space != std::string_view::npos) line = line.substr(space + 1);
  }
  return displayable(line, shown_bytes_max);
}

}  // namespace

bool HttpMessages::is_request(std::string_view text) {
  const auto line = first_line(text);
  const auto method = line.substr(0, line.find(' '));
  return std::ranges::find(methods, method) != methods.end() &&
         (line.find(" HTTP/1.") != std::string_view::npos || line.size() == text.size());
}

bool HttpMessages::is_response(std::string_view text) { return text.starts_with("HTTP/1."); }

void HttpMessages::lose(bool from_client) {
  (from_client ? requests_ : responses_) = {Part::unknown, {}, 0, {}};
}

std::size_t HttpMessages::kept_bytes() const {
  std::size_t bytes = methods_.size() * sizeof(std::string);
  for (const auto* direction : {&requests_, &responses_})
    bytes += direction->head.capacity() + direction->chunk_tail.capacity();
  return bytes;
}

/// Finds out how long the body is: RFC 9112 section 6.3.
void HttpMessages::begin_body(bool from_client, Direction& direction, std::string_view start_line) {
  std::string method;
  if (from_client) {
    if (methods_.size() < methods_max)
      methods_.emplace_back(start_line.substr(0, start_line.find(' ')));
  } else {
    const auto space = start_line.find(' ');
    const auto status =
        space == std::string_view::npos ? std::string_view{} : start_line.substr(space + 1, 3);
    const bool interim = status.starts_with('1') && status != "101";
    if (!methods_.empty() && !interim) {
      method = methods_.front();
      methods_.pop_front();
    }
    if (interim || method == "HEAD" || status == "204" || status == "304") {
      direction.part = Part::start;
      return;
    }
    if (status == "101") {
      direction.part = Part::unknown;
      return;
    }
  }
  const auto coding = field(direction.head, "Transfer-Encoding");
  const auto length = field(direction.head, "Content-Length");
  direction.body_left = length ? parse_decimal(*length).value_or(0) : 0;
  if (coding && lower_case(*coding).ends_with("chunked"))
    direction.part = Part::chunked_body;
  else if (length)
    direction.part = direction.body_left == 0 ? Part::start : Part::body;
  else
    direction.part = from_client ? Part::start : Part::body_to_end;
}

/// What a complete head says.
std::string HttpMessages::read_head(bool from_client, Direction& direction) {
  const auto line = std::string(first_line(direction.head));
  const bool valid = from_client ? is_request(line + "\n") : is_response(line);
  if (!valid) {
    direction.part = Part::unknown;
    return {};
  }
  auto text = shown(from_client, line);
  begin_body(from_client, direction, line);
  if (direction.part == Part::body) text += ", " + std::to_string(direction.body_left) + " bytes";
  direction.head.clear();
  return text;
}

/// Takes the body's bytes from the beginning of the text; how many these are.
std::size_t HttpMessages::read_body(Direction& direction, std::string_view text) {
  if (direction.part == Part::body_to_end || direction.part == Part::unknown) return text.size();
  if (direction.part == Part::body) {
    const auto taken =
        static_cast<std::size_t>(std::min<std::uint64_t>(direction.body_left, text.size()));
    direction.body_left -= taken;
    if (direction.body_left == 0) direction.part = Part::start;
    return taken;
  }
  // The last chunk has the size 0, and after it there are no fields as a rule.
  constexpr std::string_view last_chunk = "\r\n0\r\n\r\n";
  const auto before = direction.chunk_tail.size();
  direction.chunk_tail += text;
  const bool is_empty_body = before == 0 && direction.chunk_tail.starts_with(last_chunk.substr(2));
  const auto found = is_empty_body ? 0 : direction.chunk_tail.find(last_chunk);
  if (found == std::string::npos) {
    if (direction.chunk_tail.size() > last_chunk.size())
      direction.chunk_tail.erase(0, direction.chunk_tail.size() - last_chunk.size());
    return text.size();
  }
  const auto end = found + (is_empty_body ? last_chunk.size() - 2 : last_chunk.size());
  direction.chunk_tail.clear();
  direction.part = Part::start;
  return end - before;
}

std::string HttpMessages::read(bool from_client, Bytes bytes) {
  auto& direction = from_client ? requests_ : responses_;
  auto text = as_text(bytes);
  std::string said;
  std::size_t messages = 0;
  bool body = false;
  while (!text.empty()) {
    if (direction.part == Part::start) {
      direction.part = Part::head;
      direction.head.clear();
    }
    if (direction.part != Part::head) {
      text.remove_prefix(read_body(direction, text));
      body = true;
      continue;
    }
    // The end of the head may be cut by the end of a segment.
    const auto before = direction.head.size();
    direction.head += text.substr(0, head_bytes_max);
    auto end = direction.head.find("\r\n\r\n");
    if (end != std::string::npos) {
      end += 4;
    } else if (end = direction.head.find("\n\n"); end != std::string::npos) {
      end += 2;
    } else {
      if (direction.head.size() >= head_bytes_max) lose(from_client);
      if (said.empty())
        said = before == 0
                   ? "the beginning of a " + std::string(from_client ? "request" : "response")
                   : "more of the head";
      break;
    }
    direction.head.resize(end);
    text.remove_prefix(end - before);
    auto line = read_head(from_client, direction);
    if (line.empty()) continue;
    if (++messages == 1) said = std::move(line);
  }
  if (messages > 1) said += " and " + std::to_string(messages - 1) + " more";
  if (!said.empty()) return said;
  return body && direction.part != Part::unknown ? "more of the body" : "";
}

}  // namespace portlab
