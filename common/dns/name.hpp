#pragma once
// Domain names (RFC 1035 section 3.1): labels of at most 63 bytes, at most 255 bytes in all. Kept
// as they travel: a length byte before each label and a zero at the end, case as written. Length
// bytes are below 'A', so lower-casing and comparing need not know where labels begin.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// A complete domain name. A value without heap memory.
class Name {
 public:
  static constexpr std::size_t wire_bytes_max = 255;
  static constexpr std::size_t label_bytes_max = 63;

  /// The root, ".".
  Name() = default;

  /// Reads "www.lab.test." or, below `origin`, "www"; "@" is the origin itself. \. and \DDD are
  /// bytes of a label (RFC 1035 section 5.1).
  static Result<Name> from_text(std::string_view text, const Name& origin);
  static Result<Name> from_text(std::string_view text) { return from_text(text, Name()); }
  /// Takes what is already known to be a name's wire form: a part of a Name, from a label to its
  /// end.
  static Name from_wire(Bytes wire);

  /// With a dot at the end, and with escapes where they are needed.
  std::string to_text() const;
  /// Appends the text form without the final dot ("." for the root); for notes and tables.
  void append_short_text(std::string& out) const;

  Bytes wire() const { return Bytes(wire_).first(size_); }
  std::string_view wire_text() const { return as_text(wire()); }
  std::size_t size() const { return size_; }
  bool is_root() const { return size_ == 1; }
  /// How many labels, the root's empty one not counted.
  std::size_t label_count() const;
  /// The leftmost label; empty for the root.
  std::string_view first_label() const { return wire_text().substr(1, wire_[0]); }
  /// Without the leftmost label; the root's parent is the root.
  Name parent() const;
  /// The same name in lower case: the form that is looked up.
  Name lowered() const;
  /// True for `ancestor` itself and all below it.
  bool is_at_or_below(const Name& ancestor) const;

  /// Adds a label at the end, before the root. False: the label or the name would be too long.
  bool append_label(std::string_view label);
  /// Adds all labels of another name. False: the name would be too long.
  bool append(const Name& tail);

  /// Case does not matter (RFC 4343).
  bool operator==(const Name& other) const;

 private:
  std::array<std::uint8_t, wire_bytes_max> wire_{};
  std::uint8_t size_ = 1;
};

enum class Pointers : bool { refused, followed };

/// Reads a name at the reader's place; pointers (RFC 1035 section 4.1.4) only ever lead backwards,
/// so there is no loop. Nothing: it is cut off, too long, or points wrongly.
std::optional<Name> read_name(ByteReader& in, Pointers pointers);

/// Appends bytes, escaped so that a zone file can hold them: `special` characters get a backslash,
/// what is below `first_plain` or beyond ASCII becomes \DDD.
void append_escaped(std::string& out, std::string_view bytes, std::string_view special,
                    char first_plain = ' ');

/// Turns \X and \DDD into bytes.
Result<std::string> unescape(std::string_view text);

}  // namespace portlab::dns
