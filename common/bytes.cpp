#include "common/bytes.hpp"

#include <algorithm>
#include <array>
#include <boost/endian/conversion.hpp>

namespace portlab {

std::optional<Bytes> ByteReader::take(std::size_t count) {
  if (count > left()) return std::nullopt;
  const Bytes taken = bytes_.subspan(position_, count);
  position_ += count;
  return taken;
}

std::optional<std::uint8_t> ByteReader::u8() {
  const auto b = take(1);
  return b ? std::optional((*b)[0]) : std::nullopt;
}

std::optional<std::uint16_t> ByteReader::u16() {
  const auto b = take(2);
  return b ? std::optional(boost::endian::load_big_u16(b->data())) : std::nullopt;
}

std::optional<std::uint32_t> ByteReader::u32() {
  const auto b = take(4);
  return b ? std::optional(boost::endian::load_big_u32(b->data())) : std::nullopt;
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

void ByteWriter::u8(std::uint8_t value) { bytes({&value, 1}); }

void ByteWriter::u16(std::uint16_t value) {
  std::array<std::uint8_t, 2> raw;
  boost::endian::store_big_u16(raw.data(), value);
  bytes(raw);
}

void ByteWriter::u32(std::uint32_t value) {
  std::array<std::uint8_t, 4> raw;
  boost::endian::store_big_u32(raw.data(), value);
  bytes(raw);
}

void ByteWriter::patch_u16(std::size_t offset, std::uint16_t value) {
  if (offset + 2 <= size_) boost::endian::store_big_u16(&buffer_[offset], value);
}

void ByteWriter::truncate(std::size_t size) {
  size_ = std::min(size, size_);
  overflowed_ = false;
}

}  // namespace portlab
