#pragma once
// Byte sequences of protocols, with a reader and a writer that check bounds.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace portlab {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

/// A view of the bytes as text; copies nothing.
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A view of the text as bytes; copies nothing.
inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Reads numbers in network byte order. A read beyond the end returns nothing.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  std::optional<std::uint8_t> u8();
  std::optional<std::uint16_t> u16();
  std::optional<std::uint32_t> u32();
  /// The next `count` bytes; nothing if fewer are left.
  std::optional<Bytes> take(std::size_t count);

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }
  /// Moves to an offset from the start. False, and no move, if that is beyond the end.
  bool seek(std::size_t offset);

 private:
  Bytes bytes_;
  std::size_t position_ = 0;
};

/// Writes numbers in network byte order into a buffer of the caller. A write that does not fit
/// writes nothing, and neither do later writes: check overflowed() once, at the end.
class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes buffer) : buffer_(buffer) {}

  void u8(std::uint8_t value);
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void bytes(Bytes bytes);

  /// Overwrites two bytes at an offset; does nothing beyond what was written.
  void patch_u16(std::size_t offset, std::uint16_t value);
  /// Removes all after the first `size` bytes, and clears overflowed().
  void truncate(std::size_t size);

  std::size_t size() const { return size_; }
  /// The bytes that still fit.
  std::size_t room() const { return buffer_.size() - size_; }
  bool overflowed() const { return overflowed_; }
  Bytes written() const { return buffer_.first(size_); }

 private:
  MutableBytes buffer_;
  std::size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace portlab
