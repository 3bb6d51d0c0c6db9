#include "servers/listener/open_file.hpp"

#include <unistd.h>

#include <cerrno>

namespace portlab {

std::optional<std::size_t> File::read_at(std::uint64_t offset, std::span<char> buffer) const {
  for (;;) {
    const auto got =
        ::pread(descriptor(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return std::nullopt;
  }
}

}  // namespace portlab
