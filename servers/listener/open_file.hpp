#pragma once
// An open file that a session sends.

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "common/system/file_descriptor.hpp"

namespace portlab {

/// A file opened for reading. Copies share one descriptor, which the last of them closes.
class File {
 public:
  /// Takes ownership of an open descriptor.
  explicit File(int descriptor) : descriptor_(std::make_shared<FileDescriptor>(descriptor)) {}

  int descriptor() const { return descriptor_->get(); }

  /// Reads bytes from `offset` on, as many as exist and fit (pread(2)); 0 at the end of the file.
  /// nullopt: a read error.
  std::optional<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) const {
    for (;;) {
      const auto got =
          ::pread(descriptor(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return std::nullopt;
    }
  }

 private:
  std::shared_ptr<const FileDescriptor> descriptor_;
};

/// A part of a file, in bytes.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

}  // namespace portlab
