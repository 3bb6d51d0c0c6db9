#pragma once
// Reads the head of a response: the status line and the fields (RFC 9112 sections 2 to 6). No
// socket. It reads what curl reads, although the RFC forbids some of it, and says what that was.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portlab {

struct HttpField {
  std::string name;
  std::string value;
};

/// The head of a response.
struct HttpHead {
  unsigned version = 11;  ///< 11: HTTP/1.1
  unsigned status = 0;
  std::string reason;
  std::vector<HttpField> fields;
  std::optional<std::uint64_t> length;  ///< of the body, if the head has it

  /// The first field of this name, in any case; empty where there is none.
  std::string_view field(std::string_view name) const;
  /// Whether a field of this name has this element in its comma-separated list, in any case.
  bool has_element(std::string_view name, std::string_view element) const;
  /// "HTTP/1.1 200 OK" and the fields, each line ending with CRLF, and an empty line.
  std::string text() const;
};

/// Where and why bytes are not HTTP.
struct HttpSyntaxError {
  std::string reason;  ///< "line 2, byte 17: 'x' is not a digit"
  std::string line;    ///< the line, without its end
};

/// How the body's end is known (RFC 9112 section 6.3).
enum class HttpFraming : std::uint8_t { none, length, chunked, until_close };

/// Gathers the lines of a head, and reads them when the empty line has come.
class ResponseHead {
 public:
  /// Takes the bytes of the head, and returns how many they were. done(): the rest is the body.
  std::size_t read(std::string_view bytes);

  bool begun() const { return bytes_ > 0; }
  bool done() const { return done_; }
  /// Set when the bytes are not HTTP.
  const std::optional<HttpSyntaxError>& error() const { return error_; }
  const HttpHead& head() const { return head_; }
  /// What the RFC forbids and was read all the same; a sentence each.
  const std::vector<std::string>& irregularities() const { return irregularities_; }
  /// The body's framing; `is_head`: the method was HEAD.
  HttpFraming framing(bool is_head) const;
  /// Whether another request may follow over this connection (RFC 9112 section 9.3).
  bool keeps_alive() const;

 private:
  void end_line();
  void status_line();
  void field_line();
  void read_framing();
  void read_length(std::size_t field);
  void fail(std::size_t line_number, std::size_t byte, const std::string& line,
            const std::string& why);
  void note(const std::string& what);

  HttpHead head_;
  std::string line_;
  std::size_t line_number_ = 1;
  std::size_t bytes_ = 0;
  bool done_ = false;
  bool chunked_ = false;
  bool other_coding_ = false;
  bool must_close_ = false;
  struct FieldLine {
    std::size_t number;
    std::string text;
  };
  std::vector<FieldLine> field_lines_;  // the line of each field, for errors
  std::vector<std::string> irregularities_;
  std::optional<HttpSyntaxError> error_;
};

/// Takes a chunked body apart (RFC 9112 section 7.1), with its trailer section.
class ChunkedBody {
 public:
  /// Takes bytes until the body's end, and appends its data to `data`. Returns how many were taken.
  std::size_t read(std::string_view bytes, std::string& data);

  bool done() const { return state_ == State::done; }
  /// The last chunk has come, although not the empty line after it.
  bool has_last_chunk() const { return state_ == State::trailer || done(); }
  const std::optional<HttpSyntaxError>& error() const { return error_; }
  const std::vector<std::string>& irregularities() const { return irregularities_; }

 private:
  enum class State : std::uint8_t { size, data, data_end, trailer, done };

  void end_line();
  void read_size();
  void fail(std::size_t byte, const std::string& why);
  void note(const std::string& what);

  State state_ = State::size;
  std::string line_;
  std::uint64_t left_ = 0;
  std::size_t chunk_ = 1;
  std::size_t trailer_bytes_ = 0;
  std::vector<std::string> irregularities_;
  std::optional<HttpSyntaxError> error_;
};

/// The longest head, and the longest line of a chunked body, that is accepted.
inline constexpr std::size_t http_head_bytes_max = std::size_t{64} * 1024;

}  // namespace portlab
