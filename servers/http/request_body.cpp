// The one place that knows Beast. Its basic_parser takes heads apart and follows the chunks; what
// it lets pass and the RFC does not is checked before it sees the bytes: the head's lines by
// HeadScanner, the chunks' lines here.

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>

#include "servers/http/body.hpp"
#include "servers/http/framing.hpp"
#include "servers/http/head.hpp"
#include "servers/http/http_text.hpp"

namespace portlab::http {

namespace {

namespace beast = boost::beast;
using beast::error_code;

std::optional<Field> field_of(beast::http::field field) {
  using Known = beast::http::field;
  switch (field) {
    case Known::accept:
      return Field::accept;
    case Known::connection:
      return Field::connection;
    case Known::content_length:
      return Field::content_length;
    case Known::content_type:
      return Field::content_type;
    case Known::expect:
      return Field::expect;
    case Known::host:
      return Field::host;
    case Known::if_match:
      return Field::if_match;
    case Known::if_modified_since:
      return Field::if_modified_since;
    case Known::if_none_match:
      return Field::if_none_match;
    case Known::if_range:
      return Field::if_range;
    case Known::if_unmodified_since:
      return Field::if_unmodified_since;
    case Known::range:
      return Field::range;
    case Known::transfer_encoding:
      return Field::transfer_encoding;
    default:
      return std::nullopt;
  }
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// Beast's callbacks, with nothing to do.
class QuietParser : public beast::http::basic_parser<true> {
 public:
  QuietParser() {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // HeadScanner's business
    body_limit(boost::none);                                  // framing_of's and BodyReader's
  }

  std::size_t put_text(std::string_view bytes, error_code& failed) {
    return put(boost::asio::const_buffer(bytes.data(), bytes.size()), failed);
  }

 protected:
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int,
                       error_code&) override {}
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_field_impl(beast::http::field, beast::string_view, beast::string_view,
                     error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, error_code&) override {
    return body.size();
  }
  void on_finish_impl(error_code&) override {}
};

class HeadParser final : public QuietParser {
 public:
  explicit HeadParser(Head& head) : head_(head) {}
  bool too_many() const { return too_many_; }

 private:
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                       int version, error_code&) override {
    head_.method = view(method);
    head_.target = view(target);
    head_.http_1_0 = version == 10;
  }
  void on_field_impl(beast::http::field field, beast::string_view, beast::string_view value,
                     error_code&) override {
    const auto known = field_of(field);
    if (known && !head_.add({*known, view(value)})) too_many_ = true;
  }

  Head& head_;
  bool too_many_ = false;
};

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

}  // namespace

std::optional<HttpError> parse_head(std::string_view bytes, Head& head) {
  HeadParser parser(head);
  parser.skip(true);  // the body is BodyReader's
  error_code failed;
  parser.put_text(bytes, failed);
  if (parser.too_many()) return HttpError{431, "the same header lines over and over"};
  // What is left to fail here: a Connection field that is no list of tokens, contradicting lengths.
  if (failed || !parser.is_done()) return HttpError{400, "the header is malformed"};
  return std::nullopt;
}

class BodyReader::Parser final : public QuietParser {
 public:
  explicit Parser(std::string* content) : content_(content) {}

  std::uint64_t content_bytes = 0;
  /// Between two chunks: next comes a line with a size.
  bool at_chunk_line() const { return chunked() && chunk_left_ == 0 && !is_done(); }
  /// The CRLF of the chunk before is not read yet; Beast takes it with the next line.
  bool after_chunk() const { return had_chunk_; }

 private:
  std::size_t take(beast::string_view body) {
    content_bytes += body.size();
    if (content_ != nullptr) content_->append(body.data(), body.size());
    return body.size();
  }
  std::size_t on_body_impl(beast::string_view body, error_code&) override { return take(body); }
  void on_chunk_header_impl(std::uint64_t size, beast::string_view, error_code&) override {
    chunk_left_ = size;
    had_chunk_ = true;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, error_code&) override {
    chunk_left_ -= body.size();
    return take(body);
  }

  std::string* const content_;
  std::uint64_t chunk_left_ = 0;
  bool had_chunk_ = false;
};

BodyReader::BodyReader(std::string_view head, std::string* content)
    : parser_(std::make_unique<Parser>(content)) {
  error_code failed;
  parser_->put_text(head, failed);
  if (failed) refuse({400, "the header is malformed"});
}

BodyReader::~BodyReader() = default;

std::uint64_t BodyReader::content_bytes() const { return parser_->content_bytes; }

BodyReader::State BodyReader::read(std::string_view pending, std::size_t& taken) {
  taken = 0;
  while (refusal_.status == 0 && !parser_->is_done()) {
    const auto rest = pending.substr(taken);
    if (rest.empty()) return State::more;
    if (parser_->at_chunk_line())
      if (const auto state = check_chunk_line(rest); state != State::complete) return state;
    error_code failed;
    const auto count = parser_->put_text(rest, failed);
    taken += count;
    raw_bytes_ += count;
    if (failed == beast::http::error::need_more) return State::more;
    if (failed) return refuse({400, "a malformed chunk (RFC 9112 section 7.1)"});
    // Chunks of one byte have six of framing: they count too, or the limit would be none.
    if (parser_->content_bytes > body_bytes_max || raw_bytes_ > 2 * body_bytes_max)
      return refuse({413, "the body is too long"});
  }
  return refusal_.status == 0 ? State::complete : State::refused;
}

/// Complete: Beast may have it. Beast gets a chunk's line only when all of it is there, and the
/// last one only together with the trailers.
BodyReader::State BodyReader::check_chunk_line(std::string_view pending) {
  constexpr HttpError malformed{400, "a malformed chunk size (RFC 9112 section 7.1)"};
  if (parser_->after_chunk()) {
    if (!std::string_view("\r\n").starts_with(pending.substr(0, 2)))
      return refuse({400, "a chunk that does not end where its size says"});
    if (pending.size() < 2) return State::more;
    pending.remove_prefix(2);
  }
  const auto newline = pending.find('\n');
  const bool whole = newline != std::string_view::npos;
  auto line = pending.substr(0, newline);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  } else if (whole) {
    return refuse({400, "a chunk's line that ends in LF alone"});
  }
  if (line.size() > chunk_line_bytes_max) return refuse({400, "a chunk's line is too long"});
  const auto size_end = static_cast<std::size_t>(
      std::find_if_not(line.begin(), line.end(), is_hex_digit) - line.begin());
  const auto extensions = line.substr(size_end);
  // Any white space may stand before a ";" only; Beast sees to the rest of the extensions.
  const auto after = trim(extensions);
  if ((size_end == 0 && (whole || !line.empty())) || (!after.empty() && !after.starts_with(';')) ||
      (whole && after.empty() && !extensions.empty()) || has_control(extensions))
    return refuse(malformed);
  if (!whole) return State::more;
  const auto size = line.substr(0, size_end);
  const auto significant = size.find_first_not_of('0');
  if (significant == std::string_view::npos) return check_trailers(pending.substr(newline + 1));
  if (size_end > 16) return refuse(malformed);  // 64 bits
  std::uint64_t bytes = 0;
  for (const char c : size.substr(significant))
    bytes = bytes * 16 + static_cast<std::uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  if (bytes > body_bytes_max - std::min(body_bytes_max, parser_->content_bytes))
    return refuse({413, "the body is too long"});
  return State::complete;
}

BodyReader::State BodyReader::check_trailers(std::string_view trailers) {
  std::size_t begin = 0;
  for (;;) {
    const auto newline = trailers.find('\n', begin);
    if (newline == std::string_view::npos) break;
    auto line = trailers.substr(begin, newline - begin);
    if (!line.ends_with('\r')) return refuse({400, "a trailer line that ends in LF alone"});
    line.remove_suffix(1);
    if (line.empty()) return State::complete;
    if (const auto fault = field_line_fault(line)) return refuse(*fault);
    begin = newline + 1;
    if (begin > trailer_bytes_max) break;
  }
  if (begin > trailer_bytes_max || trailers.size() > trailer_bytes_max + 2)
    return refuse({431, "the trailers are too long"});
  return State::more;
}

BodyReader::State BodyReader::refuse(HttpError refusal) {
  refusal_ = refusal;
  return State::refused;
}

}  // namespace portlab::http
