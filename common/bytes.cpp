#include "common/bytes.hpp"

#include <algorithm>

namespace portlab {

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
