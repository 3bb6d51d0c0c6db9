#pragma once
// Domain names (RFC 1035 section 3.1): labels of at most 63 bytes, at most 255 bytes in all. A Name
// holds the wire format: a length byte before each label and a zero at the end, in the original
// case. Length bytes are less than 'A', so lower() and comparisons can treat them like the other
// bytes.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// An absolute domain name. Uses no heap memory.
class Name {
 public:
  static constexpr std::size_t wire_bytes_max = 255;
  static constexpr std::size_t label_bytes_max = 63;

  /// The root, ".".
  Name() = default;

  /// Reads "www.lab.test.", or "www" relative to `origin`; "@" is `origin`. \. and \DDD are bytes
  /// of a label (RFC 1035 section 5.1). The error says what is wrong.
  static Result<Name> from_text(std::string_view text, const Name& origin);
  static Result<Name> from_text(std::string_view text) { return from_text(text, Name()); }
  /// A name from valid wire format: part of another Name, from the start of a label to the end.
  static Name from_wire(Bytes wire);

  /// The text with a dot at the end, with escapes where needed.
  std::string to_text() const;
  /// Appends the text without the final dot ("." for the root).
  void append_short_text(std::string& out) const;

  Bytes wire() const { return Bytes(wire_).first(size_); }
  std::string_view wire_text() const { return as_text(wire()); }
  std::size_t size() const { return size_; }
  bool is_root() const { return size_ == 1; }
  /// The leftmost label; empty for the root.
  std::string_view first_label() const { return wire_text().substr(1, wire_[0]); }
  /// The name without its leftmost label; the parent of the root is the root.
  Name parent() const;
  /// The name in lower case, for use as a key.
  Name lowered() const;
  /// True for `ancestor` itself and every name below it.
  bool is_at_or_below(const Name& ancestor) const;

  /// Appends a label. False: the label is empty or too long, or the name would be too long.
  bool append_label(std::string_view label);
  /// Appends all labels of another name. False: the name would be too long.
  bool append(const Name& tail);

  /// Ignores case (RFC 4343).
  bool operator==(const Name& other) const;

 private:
  std::array<std::uint8_t, wire_bytes_max> wire_{};
  std::uint8_t size_ = 1;
};

/// Whether compression pointers are allowed.
enum class Pointers : bool { refused, followed };

/// Reads a name at the reader's position. A compression pointer (RFC 1035 section 4.1.4) must point
/// backwards, so there can be no loop. nullopt: the name is incomplete or too long, or a pointer is
/// invalid.
std::optional<Name> read_name(ByteReader& in, Pointers pointers);

/// Appends bytes with the escapes of zone files: characters in `special` get a backslash; bytes
/// less than `first_plain` or greater than 126 become \DDD.
void append_escaped(std::string& out, std::string_view bytes, std::string_view special,
                    char first_plain = ' ');

/// Replaces \X and \DDD by the bytes that they stand for.
Result<std::string> unescape(std::string_view text);

}  // namespace portlab::dns
