#include "common/dns/name.hpp"

#include <algorithm>

#include "common/ascii_digit.hpp"
#include "common/text.hpp"

namespace portlab::dns {
namespace {

constexpr std::uint8_t pointer_bits = 0xC0;
// Characters with a special meaning in a zone file.
constexpr std::string_view special_in_labels = ".\\\"();@$";

// Reads an escape sequence, whose backslash is at `at`, and moves `at` after it.
Result<char> escaped_byte(std::string_view text, std::size_t& at) {
  ++at;
  if (at == text.size()) return Error{"a backslash at the end"};
  if (!is_digit(text[at])) return text[at++];
  const auto digits = text.substr(at, 3);
  const auto value = parse_decimal<unsigned>(digits);
  if (!value || digits.size() < 3)
    return Error{"after a backslash there must be three digits, as in \\032, or another character"};
  if (*value > 255) return Error{std::string(digits) + " after a backslash is more than 255"};
  at += 3;
  return static_cast<char>(*value);
}

}  // namespace

void append_escaped(std::string& out, std::string_view bytes, std::string_view special,
                    char first_plain) {
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < first_plain || byte > 0x7e) {
      out += '\\';
      out += static_cast<char>('0' + byte / 100);
      out += static_cast<char>('0' + byte / 10 % 10);
      out += static_cast<char>('0' + byte % 10);
    } else {
      if (special.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
}

Result<std::string> unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      bytes += text[at++];
      continue;
    }
    const auto byte = escaped_byte(text, at);
    if (!byte) return byte.error();
    bytes += *byte;
  }
  return bytes;
}

Result<Name> Name::from_text(std::string_view text, const Name& origin) {
  const auto error = [&](const std::string& reason) {
    return Error{"'" + std::string(text) + "' is not a domain name: " + reason};
  };
  if (text.empty()) return error("it is empty");
  if (text == ".") return Name();
  if (text == "@") return origin;

  Name name;
  std::string label;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '.') {
      if (text[at] == '\\') {
        const auto byte = escaped_byte(text, at);
        if (!byte) return error(byte.error().text);
        label += *byte;
      } else {
        label += text[at++];
      }
      if (at < text.size()) continue;
    }
    if (label.empty()) return error("a label is empty (two dots, or a dot at the start)");
    if (label.size() > label_bytes_max)
      return error("a label has " + std::to_string(label.size()) + " bytes; the maximum is 63");
    if (!name.append_label(label)) return error("it is longer than 255 bytes");
    label.clear();
    if (at == text.size()) {  // no final dot: relative
      if (!name.append(origin)) return error("with its origin it is longer than 255 bytes");
      return name;
    }
    ++at;
  }
  return name;
}

Name Name::from_wire(Bytes wire) {
  Name name;
  const auto size = std::min(wire.size(), wire_bytes_max);
  std::copy_n(wire.begin(), size, name.wire_.begin());
  name.size_ = static_cast<std::uint8_t>(size);
  return name;
}

void Name::append_short_text(std::string& out) const {
  if (is_root()) {
    out += '.';
    return;
  }
  for (std::size_t at = 0; wire_[at] != 0; at += 1U + wire_[at]) {
    if (at != 0) out += '.';
    append_escaped(out, wire_text().substr(at + 1, wire_[at]), special_in_labels, '!');
  }
}

std::string Name::to_text() const {
  std::string text;
  append_short_text(text);
  if (!is_root()) text += '.';
  return text;
}

Name Name::parent() const { return is_root() ? *this : from_wire(wire().subspan(1U + wire_[0])); }

Name Name::lowered() const {
  Name low = *this;
  std::transform(wire_.begin(), wire_.begin() + size_, low.wire_.begin(), [](std::uint8_t byte) {
    return static_cast<std::uint8_t>(lower(static_cast<char>(byte)));
  });
  return low;
}

bool Name::is_at_or_below(const Name& ancestor) const {
  if (size_ < ancestor.size_) return false;
  const std::size_t cut = size_ - ancestor.size_;
  std::size_t at = 0;
  while (at < cut) at += 1U + wire_[at];
  return at == cut && equal_ignoring_case(wire_text().substr(cut), ancestor.wire_text());
}

bool Name::append_label(std::string_view label) {
  if (label.empty() || label.size() > label_bytes_max) return false;
  if (size_ + 1 + label.size() > wire_bytes_max) return false;
  wire_[size_ - 1U] = static_cast<std::uint8_t>(label.size());
  std::copy(label.begin(), label.end(), wire_.begin() + size_);
  size_ = static_cast<std::uint8_t>(size_ + 1 + label.size());
  wire_[size_ - 1U] = 0;
  return true;
}

bool Name::append(const Name& tail) {
  if (size_ - 1U + tail.size_ > wire_bytes_max) return false;
  std::copy_n(tail.wire_.begin(), tail.size_, wire_.begin() + size_ - 1);
  size_ = static_cast<std::uint8_t>(size_ - 1 + tail.size_);
  return true;
}

bool Name::operator==(const Name& other) const {
  return equal_ignoring_case(wire_text(), other.wire_text());
}

namespace {

/// A name has at most 127 labels, and at most one pointer is needed for each. Without this limit a
/// message of 64 KiB could hold a chain of thousands of pointers, and thousands of names that use
/// it.
constexpr int pointers_max = 127;

}  // namespace

std::optional<Name> read_name(ByteReader& in, Pointers pointers) {
  Name name;
  std::size_t earliest = in.position();  // a pointer must point before everything read so far
  std::optional<std::size_t> resume;     // the position after the first pointer
  int pointers_left = pointers_max;
  for (;;) {
    const auto length = in.u8();
    if (!length) return std::nullopt;
    if (*length == 0) break;
    if ((*length & pointer_bits) == pointer_bits) {
      const auto low = in.u8();
      if (!low || pointers == Pointers::refused || pointers_left-- == 0) return std::nullopt;
      if (!resume) resume = in.position();
      const std::size_t target = std::size_t{*length & 0x3FU} << 8 | *low;
      if (target >= earliest || !in.seek(target)) return std::nullopt;
      earliest = target;
      continue;
    }
    const auto label = in.take(*length);  // 0x40 and 0x80 are not labels: too long for append_label
    if (!label || !name.append_label(as_text(*label))) return std::nullopt;
  }
  if (resume) in.seek(*resume);
  return name;
}

}  // namespace portlab::dns
