#pragma once
// A request's head: finding its end in what has arrived, checking its grammar strictly (RFC 9112
// sections 2 to 5), and taking it apart.
//
// RFC 9112 section 2.2 lets a server take a bare LF for a line's end. This one does not: what two
// programs on the way may read differently is how requests are smuggled, so every line ends in CR
// LF. One exception it asks for: empty lines before a request are skipped.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace portlab::http {

/// Why a request is not served.
struct HttpError {
  unsigned status = 0;
  std::string_view reason;  ///< for people; a literal
};

/// RFC 9112 section 3 recommends at least 8,000. Without its CRLF.
inline constexpr std::size_t request_line_bytes_max = 8'000;
/// The field lines with their CRLFs, the empty line not counted.
inline constexpr std::size_t fields_bytes_max = std::size_t{16} * 1024;
inline constexpr std::size_t fields_max = 100;
/// Lines of the fields that something is done with; honest requests have ten.
inline constexpr std::size_t known_fields_max = 32;
/// No registered method is longer than 17 (UPDATEREDIRECTREF).
inline constexpr std::size_t method_bytes_max = 32;
inline constexpr std::size_t empty_lines_max = 4;

/// What is wrong with a request line (without its CRLF), if anything.
std::optional<HttpError> request_line_fault(std::string_view line);
/// What is wrong with a field line (without its CRLF), if anything.
std::optional<HttpError> field_line_fault(std::string_view line);

/// Finds the end of a head, however it is cut into pieces, and checks each line on the way. Looks
/// at every byte once.
class HeadScanner {
 public:
  enum class State : std::uint8_t { more, complete, refused };

  /// Looks at all that is pending: what it was before, and more. Once it is complete or refused, a
  /// new scanner is needed.
  State scan(std::string_view pending);

  /// The head, after the empty lines and up to and with its own empty line.
  std::string_view head(std::string_view pending) const {
    return pending.substr(begin_, line_ - begin_);
  }
  /// With the empty lines before.
  std::size_t bytes() const { return line_; }
  const HttpError& refusal() const { return refusal_; }

 private:
  State take_line(std::string_view line);
  State check_unfinished(std::string_view line);
  State refuse(HttpError refusal);

  std::size_t begin_ = 0;    // where the request line begins
  std::size_t line_ = 0;     // where the current line begins
  std::size_t scanned_ = 0;  // up to here there is no LF in it
  std::size_t fields_begin_ = 0;
  unsigned lines_ = 0;
  unsigned empty_lines_ = 0;
  HttpError refusal_;
};

/// The fields that something is done with.
enum class Field : std::uint8_t {
  accept,
  connection,
  content_length,
  content_type,
  expect,
  host,
  if_match,
  if_modified_since,
  if_none_match,
  if_range,
  if_unmodified_since,
  range,
  transfer_encoding,
};

struct FieldLine {
  Field field{};
  std::string_view value;
};

/// A head, taken apart. Views into its bytes; no memory of its own.
class Head {
 public:
  std::string_view method;
  std::string_view target;
  bool http_1_0 = false;

  bool has(Field field) const { return find(field).has_value(); }
  /// The first line of that name.
  std::optional<std::string_view> find(Field field) const;
  /// All lines of that name, in order, one call each.
  template <class Function>
  void each(Field field, Function function) const {
    for (const auto& line : fields())
      if (line.field == field) function(line.value);
  }
  std::size_t count(Field field) const;

  std::span<const FieldLine> fields() const { return std::span(lines_).first(count_); }
  /// False: there are too many.
  bool add(FieldLine line) {
    if (count_ == lines_.size()) return false;
    lines_[count_++] = line;
    return true;
  }

 private:
  std::array<FieldLine, known_fields_max> lines_;
  std::size_t count_ = 0;
};

/// Takes apart a complete head that a HeadScanner let pass. `head` starts empty.
std::optional<HttpError> parse_head(std::string_view bytes, Head& head);

}  // namespace portlab::http
