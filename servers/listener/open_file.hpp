#pragma once
// An open file that a conversation sends.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "common/system/file_descriptor.hpp"

namespace portlab {

/// A file opened for reading; shared, closed with its last user.
class File {
 public:
  /// Takes over an open descriptor.
  explicit File(int descriptor) : descriptor_(std::make_shared<FileDescriptor>(descriptor)) {}

  int descriptor() const { return descriptor_->get(); }

  /// Reads bytes from `offset` on, as many as there are and fit; 0 at the end. nullopt: the file
  /// can't be read.
  std::optional<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) const;

 private:
  std::shared_ptr<const FileDescriptor> descriptor_;
};

/// A part of a file, in bytes.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

}  // namespace portlab
