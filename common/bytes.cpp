#include "common/bytes.hpp"

#include <algorithm>

namespace portlab {

namespace {

bool is_plain(char c) { return c >= ' ' && c != 0x7f && static_cast<unsigned char>(c) < 0x80; }

/// The bytes of the UTF-8 character that `text` begins with (RFC 3629 section 4); 0: it is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  std::size_t length = 0;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  const unsigned second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond = first == 0xF4 && second > 0x8F;
  // U+0080 to U+009F are control characters, too.
  const bool control = first == 0xC2 && second < 0xA0;
  return overlong || surrogate || beyond || control ? 0 : length;
}

}  // namespace

std::string displayable(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max && std::all_of(text.begin(), text.end(), is_plain))
    return std::string(text);
  std::string out;
  while (!text.empty()) {
    const bool plain = is_plain(text.front());
    const auto length = plain ? 1 : utf8_length(text);
    if (out.size() + std::max<std::size_t>(length, 1) > bytes_max) break;
    if (length == 0)
      out += '?';
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::optional<Bytes> ByteReader::take(std::size_t count) {
  if (count > left()) return std::nullopt;
  const Bytes taken = bytes_.subspan(position_, count);
  position_ += count;
  return taken;
}

std::optional<std::uint8_t> ByteReader::u8() {
  const auto b = take(1);
  if (!b) return std::nullopt;
  return (*b)[0];
}

std::optional<std::uint16_t> ByteReader::u16() {
  const auto b = take(2);
  if (!b) return std::nullopt;
  return static_cast<std::uint16_t>((*b)[0] << 8 | (*b)[1]);
}

std::optional<std::uint32_t> ByteReader::u32() {
  const auto b = take(4);
  if (!b) return std::nullopt;
  return static_cast<std::uint32_t>((*b)[0]) << 24 | static_cast<std::uint32_t>((*b)[1]) << 16 |
         static_cast<std::uint32_t>((*b)[2]) << 8 | (*b)[3];
}

bool ByteReader::seek(std::size_t offset) {
  if (offset > bytes_.size()) return false;
  position_ = offset;
  return true;
}

void ByteWriter::bytes(Bytes bytes) {
  if (overflowed_ || bytes.size() > room()) {
    overflowed_ = true;
    return;
  }
  std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += bytes.size();
}

void ByteWriter::u8(std::uint8_t value) {
  const std::uint8_t raw[] = {value};
  bytes(raw);
}

void ByteWriter::u16(std::uint16_t value) {
  const std::uint8_t raw[] = {static_cast<std::uint8_t>(value >> 8),
                              static_cast<std::uint8_t>(value)};
  bytes(raw);
}

void ByteWriter::u32(std::uint32_t value) {
  u16(static_cast<std::uint16_t>(value >> 16));
  u16(static_cast<std::uint16_t>(value));
}

void ByteWriter::patch_u16(std::size_t offset, std::uint16_t value) {
  if (offset + 2 > size_) return;
  buffer_[offset] = static_cast<std::uint8_t>(value >> 8);
  buffer_[offset + 1] = static_cast<std::uint8_t>(value);
}

void ByteWriter::truncate(std::size_t size) {
  size_ = std::min(size, size_);
  overflowed_ = false;
}

}  // namespace portlab
