#include "servers/http/request_body.hpp"

#include <algorithm>
#include <charconv>

#include "servers/http/request_framing.hpp"
#include "servers/http/request_head.hpp"

namespace portlab::http {

namespace {

constexpr HttpError body_too_long{413, "the body is too long"};
/// A chunk's size in hex digits: 64 bits.
constexpr std::size_t size_digits_max = 16;

bool skip_token(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_token_char) - text.begin();
  text.remove_prefix(static_cast<std::size_t>(end));
  return end > 0;
}

/// quoted-string (RFC 9110 section 5.6.4); control characters were refused before.
bool skip_quoted_string(std::string_view& text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

/// chunk-ext = *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )
/// (RFC 9112 section 7.1.1).
bool is_chunk_extension_list(std::string_view text) {
  while (!text.empty()) {
    text = trim_front(text);
    if (!text.starts_with(';')) return false;
    text = trim_front(text.substr(1));
    if (!skip_token(text)) return false;
    const auto after_name = trim_front(text);
    if (!after_name.starts_with('=')) continue;
    text = trim_front(after_name.substr(1));
    if (!(text.starts_with('"') ? skip_quoted_string(text) : skip_token(text))) return false;
  }
  return true;
}

}  // namespace

BodyReader::BodyReader(Request& request, BodyKept kept)
    : request_(request),
      kept_(kept),
      part_(request.chunked ? Part::chunk_line : Part::data),
      data_left_(request.content_length) {
  if (!request.has_body()) part_ = Part::nothing;
}

ReadState BodyReader::read(std::string_view bytes, std::size_t& used) {
  used = 0;
  while (part_ != Part::nothing) {
    std::size_t used_by_part = 0;
    const auto state = read_part(bytes.substr(used), used_by_part);
    if (kept_ == BodyKept::as_arrived) request_.body += bytes.substr(used, used_by_part);
    used += used_by_part;
    raw_bytes_ += used_by_part;
    // A chunk of one byte has five bytes of framing: without this a body could be six times longer.
    if (raw_bytes_ > 2 * body_bytes_max) return refuse(body_too_long);
    if (state != ReadState::complete) return state;
  }
  return ReadState::complete;
}

/// Complete: that part has been read, and `part_` says what comes next.
ReadState BodyReader::read_part(std::string_view bytes, std::size_t& used) {
  if (bytes.empty()) return ReadState::more;
  switch (part_) {
    case Part::data:
      used = read_data(bytes);
      if (data_left_ > 0) return ReadState::more;
      part_ = request_.chunked ? Part::chunk_end : Part::nothing;
      return ReadState::complete;
    case Part::chunk_end:
      if (!std::string_view("\r\n").starts_with(bytes.substr(0, 2)))
        return refuse({400, "a chunk does not end where its size says (RFC 9112 section 7.1)"});
      if (bytes.size() < 2) return ReadState::more;
      used = 2;
      part_ = Part::chunk_line;
      return ReadState::complete;
    case Part::chunk_line:
    case Part::trailers:
      return read_line(bytes, used);
    case Part::nothing:
      break;
  }
  return ReadState::complete;
}

std::size_t BodyReader::read_data(std::string_view bytes) {
  const auto data = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), data_left_));
  if (kept_ == BodyKept::content) request_.body += data;
  data_left_ -= data.size();
  content_bytes_ += data.size();
  return data.size();
}

ReadState BodyReader::read_line(std::string_view bytes, std::size_t& used) {
  const bool is_chunk_line = part_ == Part::chunk_line;
  const auto newline = bytes.find('\n');
  auto line = bytes.substr(0, newline);
  const bool has_cr = line.ends_with('\r');
  if (has_cr) line.remove_suffix(1);
  if (is_chunk_line && line.size() > chunk_line_bytes_max)
    return refuse({400, "a chunk's line is too long"});
  if (!is_chunk_line && !line.empty() && trailer_bytes_ + line.size() + 2 > trailer_bytes_max)
    return refuse({431, "the trailers are too long"});
  if (newline == std::string_view::npos) return ReadState::more;
  if (!has_cr) return refuse({400, "a line that ends in LF alone, without CR"});
  used = newline + 1;
  return is_chunk_line ? read_chunk_line(line) : read_trailer(line);
}

ReadState BodyReader::read_chunk_line(std::string_view line) {
  const auto size_end = std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
  const auto digits = line.substr(0, size_end);
  const auto extensions = line.substr(size_end);
  const bool is_last = digits.find_first_not_of('0') == std::string_view::npos;
  if (digits.empty() || (digits.size() > size_digits_max && !is_last) ||
      has_control_character(extensions) || !is_chunk_extension_list(extensions))
    return refuse({400, "a malformed chunk size (RFC 9112 section 7.1)"});
  part_ = is_last ? Part::trailers : Part::data;
  if (is_last) return ReadState::complete;
  std::from_chars(digits.data(), digits.data() + digits.size(), data_left_, 16);
  if (data_left_ > body_bytes_max - content_bytes_) return refuse(body_too_long);
  return ReadState::complete;
}

/// Trailers are checked and dropped (RFC 9110 section 6.5.1).
ReadState BodyReader::read_trailer(std::string_view line) {
  if (line.empty()) {
    part_ = Part::nothing;
    return ReadState::complete;
  }
  trailer_bytes_ += line.size() + 2;
  if (const auto error = field_line_error(line)) return refuse(*error);
  const auto name = line.substr(0, line.find(':'));
  if (equal_ignoring_case(name, "Content-Length") || equal_ignoring_case(name, "Transfer-Encoding"))
    return refuse({400, "a trailer that describes the framing (RFC 9110 section 6.5.1)"});
  return ReadState::complete;
}

ReadState BodyReader::refuse(HttpError error) {
  error_ = error;
  return ReadState::refused;
}

}  // namespace portlab::http
