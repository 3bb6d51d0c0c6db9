#include "clients/http/response_head.hpp"

#include <algorithm>
#include <charconv>

#include "clients/cli/terminal.hpp"
#include "common/ascii_digit.hpp"
#include "common/http/http_syntax.hpp"

namespace portlab {

namespace {

constexpr std::string_view blanks = " \t";
/// So much of a text that breaks the rules is shown.
constexpr std::size_t text_shown_max = 40;

std::string shown(std::string_view text) { return printable(text.substr(0, text_shown_max)); }

/// "'x'", or "the byte 0x0d" for a byte that can't be shown; "the end of the line".
std::string quoted(std::string_view line, std::size_t at) {
  if (at >= line.size()) return "the end of the line";
  const auto byte = static_cast<unsigned char>(line[at]);
  if (0x20 <= byte && byte < 0x7f) return "'" + std::string(1, line[at]) + "'";
  constexpr std::string_view digits = "0123456789abcdef";
  return std::string("the byte 0x") + digits[byte >> 4] + digits[byte & 15];
}

/// A server may break the rules in thousands of ways at once: the first few are enough.
constexpr std::size_t irregularities_max = 10;

void add_once(std::vector<std::string>& all, const std::string& what) {
  if (all.size() == irregularities_max) return;
  if (std::find(all.begin(), all.end(), what) == all.end()) all.push_back(what);
}

constexpr const char* lf_alone = "a line ends in LF alone instead of CR LF (RFC 9112 section 2.2)";
constexpr const char* cr_twice =
    "a line ends in CR CR LF: was CR LF written to a stream that writes LF as CR LF?";

std::string place_of(std::size_t line_number, std::size_t byte) {
  return "line " + std::to_string(line_number) + ", byte " + std::to_string(byte + 1) + ": ";
}

}  // namespace

// ---- the head

std::string_view HttpHead::field(std::string_view name) const {
  for (const auto& each : fields)
    if (equal_ignoring_case(each.name, name)) return each.value;
  return {};
}

bool HttpHead::has_element(std::string_view name, std::string_view element) const {
  for (const auto& each : fields) {
    if (!equal_ignoring_case(each.name, name)) continue;
    http::ListReader list(each.value);
    while (const auto one = list.next())
      if (equal_ignoring_case(*one, element)) return true;
  }
  return false;
}

std::string HttpHead::text() const {
  std::string out = "HTTP/" + std::to_string(version / 10) + "." + std::to_string(version % 10) +
                    " " + std::to_string(status) + " " + reason + "\r\n";
  for (const auto& field : fields) out += field.name + ": " + field.value + "\r\n";
  return out + "\r\n";
}

void ResponseHead::note(const std::string& what) { add_once(irregularities_, what); }

void ResponseHead::fail(std::size_t line_number, std::size_t byte, const std::string& line,
                        const std::string& why) {
  if (!error_) error_ = {place_of(line_number, byte) + why, line};
}

std::size_t ResponseHead::read(std::string_view bytes) {
  std::size_t used = 0;
  while (!done_ && !error_ && used < bytes.size()) {
    const auto end = bytes.find('\n', used);
    const auto piece = bytes.substr(used, end - used);
    line_ += piece;
    used += piece.size();
    bytes_ += piece.size() + 1;
    // The first bytes are checked before their line is complete: another service may send no LF.
    constexpr std::string_view begin = "HTTP/";
    const auto common = std::min(line_.size(), begin.size());
    if (line_number_ == 1 && !line_.empty() && line_ != "\r" &&
        !equal_ignoring_case(std::string_view(line_).substr(0, common), begin.substr(0, common))) {
      const auto differs =
          std::mismatch(
              line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(common), begin.begin(),
              [](char a, char b) {
                return equal_ignoring_case(std::string_view(&a, 1), std::string_view(&b, 1));
              })
              .first -
          line_.begin();
      const auto at = static_cast<std::size_t>(differs);
      fail(1, at, line_.substr(0, line_.find('\r')),
           quoted(line_, at) + ", but a response begins with HTTP/1.1 or HTTP/1.0");
      return used;
    }
    if (bytes_ > http_head_bytes_max) {
      fail(line_number_, line_.size(), line_,
           "the head is longer than " + std::to_string(http_head_bytes_max) + " bytes");
      return used;
    }
    if (end == std::string_view::npos) return used;
    ++used;
    end_line();
    line_.clear();
    ++line_number_;
  }
  return used;
}

void ResponseHead::end_line() {
  if (line_.ends_with('\r'))
    line_.pop_back();
  else
    note(lf_alone);
  if (line_.ends_with('\r')) note(cr_twice);
  while (line_.ends_with('\r')) line_.pop_back();
  if (const auto zero = line_.find('\0'); zero != std::string::npos)
    return fail(line_number_, zero, line_, "the byte 0x00 is not allowed in a head");
  if (line_.empty() && head_.status == 0) {
    note("an empty line before the status line");
    --line_number_;  // the status line is still line 1
  } else if (line_.empty()) {
    done_ = true;
    read_framing();
  } else if (head_.status == 0) {
    status_line();
  } else {
    field_line();
  }
}

// HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 section 4)
void ResponseHead::status_line() {
  const std::string& line = line_;
  const auto expect = [&](std::size_t at, bool is_right, const std::string& wanted) {
    if (!is_right && !error_) fail(line_number_, at, line, quoted(line, at) + ", but " + wanted);
    return is_right;
  };
  const auto digit_at = [&](std::size_t at) { return at < line.size() && is_digit(line[at]); };
  const bool has_minor = line.size() > 6 && line[6] == '.';
  const bool is_later =
      digit_at(5) && (line[5] == '2' || line[5] == '3') && (!has_minor || line.substr(7, 1) == "0");
  if (!expect(5, is_later || (digit_at(5) && line[5] == '1'),
              "this client reads HTTP/1.1 and HTTP/1.0"))
    return;
  if (!expect(6, is_later || has_minor, "a dot follows")) return;
  if (!expect(7, !has_minor || digit_at(7), "a digit follows")) return;
  const std::size_t version_end = has_minor ? 8 : 6;
  if (is_later)
    note("the version is " + line.substr(0, version_end) +
         ", which is not sent as text (RFC 9113, 9114): read as HTTP/1.1");
  head_.version = is_later ? 11 : 10 + static_cast<unsigned>(line[7] - '0');
  auto at = line.find_first_not_of(blanks, version_end);
  if (!expect(version_end, at != version_end && at != std::string::npos,
              "a space and the status code follow"))
    return;
  if (line.substr(version_end, at - version_end) != " ")
    note("more than one space before the status code");
  if (!line.starts_with("HTTP/")) note("'HTTP' is not written in capital letters");
  for (std::size_t i = 0; i < 3; ++i)
    if (!expect(at + i, digit_at(at + i), "a status code has three digits")) return;
  head_.status = static_cast<unsigned>(std::stoi(line.substr(at, 3)));
  if (!expect(at, head_.status >= 100, "status codes begin at 100")) {
    head_.status = 0;
    return;
  }
  at += 3;
  if (at == line.size()) return note("the status line ends after the status code, without a space");
  if (!expect(at, !digit_at(at), "a space follows the status code")) return;
  const bool has_space = line[at] == ' ' || line[at] == '\t';
  if (!has_space) note("no space between the status code and the reason phrase");
  head_.reason = line.substr(has_space ? at + 1 : at);
}

void ResponseHead::field_line() {
  if (blanks.find(line_.front()) != std::string_view::npos) {
    if (head_.fields.empty())
      return fail(line_number_, 0, line_, "a blank, but a field begins with its name");
    note("a field continues in the next line (RFC 9112 section 5.2)");
    head_.fields.back().value += " " + std::string(http::trim(line_));
    return;
  }
  const auto colon = line_.find(':');
  if (colon == std::string::npos)
    return fail(line_number_, line_.size(), line_,
                "the end of the line, but a field has a colon after its name");
  auto name = std::string_view(line_).substr(0, colon);
  const auto bare = name.substr(0, name.find_last_not_of(blanks) + 1);
  if (bare.size() < name.size()) note("a blank between a field's name and its colon");
  if (bare.empty()) {
    note(place_of(line_number_, 0) + "a field has no name");
  } else if (!http::is_token(bare)) {
    const auto wrong = std::find_if(bare.begin(), bare.end(), [](char c) {
      return !http::is_token({&c, 1});
    });
    const auto at = static_cast<std::size_t>(wrong - bare.begin());
    note(place_of(line_number_, at) + quoted(line_, at) + " is not allowed in a field's name");
  }
  head_.fields.push_back(
      {std::string(bare), std::string(http::trim(std::string_view(line_).substr(colon + 1)))});
  field_lines_.push_back({line_number_, line_});
}

void ResponseHead::read_framing() {
  bool has_coding = false;
  std::string last_coding;
  for (std::size_t i = 0; i < head_.fields.size(); ++i) {
    const auto& field = head_.fields[i];
    if (equal_ignoring_case(field.name, "Content-Length")) read_length(i);
    if (!equal_ignoring_case(field.name, "Transfer-Encoding")) continue;
    http::ListReader list(field.value);
    while (const auto coding = list.next()) {
      if (equal_ignoring_case(*coding, "identity")) {
        note("Transfer-Encoding: identity is obsolete");
        continue;
      }
      has_coding = true;
      last_coding = *coding;
      if (!equal_ignoring_case(*coding, "chunked"))
        note("the transfer coding " + shown(*coding) + " is not decoded");
    }
  }
  chunked_ = equal_ignoring_case(last_coding, "chunked");
  other_coding_ = has_coding && !chunked_;
  if (has_coding && head_.version < 11) note("Transfer-Encoding in a response of HTTP/1.0");
  if (has_coding && head_.length) {
    note(
        "Content-Length beside Transfer-Encoding: the length does not count (RFC 9112 section "
        "6.3)");
    head_.length.reset();
    must_close_ = true;
  }
}

// Content-Length: digits; the same number several times counts once (RFC 9110 section 8.6).
void ResponseHead::read_length(std::size_t field) {
  const auto& line = field_lines_[field];
  bool repeated = false;
  const auto wrong = [&](const std::string& why) {
    fail(line.number, line.text.find(':') + 1, line.text, why);
  };
  if (http::trim(head_.fields[field].value).empty()) return wrong("Content-Length has no value");
  http::ListReader list(head_.fields[field].value);
  while (const auto number = list.next()) {
    auto length = parse_decimal(*number);
    if (!length) {
      // As curl: the digits at its beginning count, and a number that is too large does not.
      const auto digits = number->substr(number->starts_with('+') ? 1 : 0);
      const auto end = std::min(digits.find_first_not_of("0123456789"), digits.size());
      const std::string what = "'" + shown(*number) + "' is not a length in bytes";
      if (end == 0) return wrong(what);
      length = parse_decimal(digits.substr(0, end));
      note("Content-Length: " + what +
           (length ? ": read as " + std::to_string(*length)
                   : ": the body ends with the connection"));
      if (!length) continue;
    }
    if (head_.length && head_.length != length)
      return wrong("a second length, which differs from the first: " +
                   std::to_string(*head_.length));
    repeated = repeated || head_.length.has_value();
    head_.length = length;
  }
  if (repeated) note("Content-Length is given more than once");
}

HttpFraming ResponseHead::framing(bool is_head) const {
  // RFC 9112 section 6.3: these responses have no body, whatever their fields say.
  if (is_head || head_.status / 100 == 1 || head_.status == 204 || head_.status == 304)
    return HttpFraming::none;
  if (chunked_) return HttpFraming::chunked;
  if (other_coding_ || !head_.length) return HttpFraming::until_close;
  return HttpFraming::length;
}

bool ResponseHead::keeps_alive() const {
  if (must_close_ || head_.has_element("Connection", "close")) return false;
  return head_.version >= 11 || head_.has_element("Connection", "keep-alive");
}

// ---- a chunked body

void ChunkedBody::note(const std::string& what) { add_once(irregularities_, what); }

void ChunkedBody::fail(std::size_t byte, const std::string& why) {
  if (!error_)
    error_ = {"chunk " + std::to_string(chunk_) + ", byte " + std::to_string(byte + 1) +
                  " of its first line: " + why,
              line_};
}

std::size_t ChunkedBody::read(std::string_view bytes, std::string& data) {
  std::size_t used = 0;
  while (!done() && !error_ && used < bytes.size()) {
    if (state_ == State::data) {
      const auto piece = bytes.substr(used, left_);
      data += piece;
      used += piece.size();
      left_ -= piece.size();
      if (left_ == 0) state_ = State::data_end;
      continue;
    }
    const auto end = bytes.find('\n', used);
    const auto piece = bytes.substr(used, end - used);
    line_ += piece;
    used += piece.size();
    trailer_bytes_ += state_ == State::trailer ? piece.size() + 1 : 0;
    if (line_.size() > http_head_bytes_max || trailer_bytes_ > http_head_bytes_max) {
      fail(http_head_bytes_max,
           "the line is longer than " + std::to_string(http_head_bytes_max) + " bytes");
      return used;
    }
    if (state_ == State::data_end && line_.size() > 1) {
      error_ = {"after chunk " + std::to_string(chunk_) + ": " + quoted(line_, 0) +
                    ", but CR LF follows a chunk",
                line_};
      return used;
    }
    if (end == std::string_view::npos) return used;
    ++used;
    end_line();
    line_.clear();
  }
  return used;
}

void ChunkedBody::end_line() {
  if (line_.ends_with('\r'))
    line_.pop_back();
  else
    note(lf_alone);
  switch (state_) {
    case State::size:
      return read_size();
    case State::data_end:
      if (!line_.empty()) {
        error_ = {"after chunk " + std::to_string(chunk_) + ": " + quoted(line_, 0) +
                      ", but CR LF follows a chunk",
                  line_};
        return;
      }
      ++chunk_;
      state_ = State::size;
      return;
    case State::trailer:
      if (line_.empty())
        state_ = State::done;
      else if (line_.find(':') == std::string::npos)
        note("a line of the trailer section has no colon (RFC 9112 section 7.1.2)");
      return;
    case State::data:
    case State::done:
      return;
  }
}

// chunk-size [ chunk-ext ]: hexadecimal digits, then what follows a semicolon
void ChunkedBody::read_size() {
  const auto begin = std::min(line_.find_first_not_of(blanks), line_.size());
  const auto* const first = line_.data() + begin;
  const auto* const last = line_.data() + line_.size();
  const auto [stopped, failed] = std::from_chars(first, last, left_, 16);
  const auto at = static_cast<std::size_t>(stopped - line_.data());
  if (failed == std::errc::result_out_of_range) return fail(begin, "the size is too large");
  if (failed != std::errc{} || first == stopped)
    return fail(begin, quoted(line_, begin) + ", but a chunk begins with its size in hexadecimal");
  const auto rest = std::min(line_.find_first_not_of(blanks, at), line_.size());
  if (left_ == 0 && rest == at && rest < line_.size() && (line_[rest] == 'x' || line_[rest] == 'X'))
    return fail(rest, "the size of a chunk is hexadecimal without 0x");
  const bool has_more = rest < line_.size() && line_[rest] != ';';
  if (has_more)
    note("the text '" + shown(std::string_view(line_).substr(rest)) +
         "' after the size of a chunk (RFC 9112 section 7.1)");
  else if (begin > 0 || rest > at)
    note("blanks around the size of a chunk (RFC 9112 section 7.1)");
  state_ = left_ == 0 ? State::trailer : State::data;
}

}  // namespace portlab
