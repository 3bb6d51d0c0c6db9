#pragma once
// Memory for bytes that have arrived and are not consumed. A session takes a buffer when bytes
// arrive and returns it when all of them are consumed: an idle session has none.

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace portlab {

/// The size of each buffer: the most that a session stores of its input. A DNS message over TCP
/// with its length prefix (2 + 65,535 bytes, RFC 1035 section 4.2.2) fits.
inline constexpr std::size_t session_buffer_bytes = std::size_t{68} * 1024;
static_assert(session_buffer_bytes >= 2 + 65'535);

/// The ceiling on the memory of all buffers of all workers together. From any thread.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Counts `bytes` more, if the ceiling allows it.
  bool take(std::size_t bytes);
  void give_back(std::size_t bytes) { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  /// More than half of the ceiling is in use.
  bool is_scarce() const { return bytes_.load(std::memory_order_relaxed) > bytes_max_ / 2; }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> bytes_{0};
};

/// The buffers of one worker. A few unused ones are kept, so that a message costs no allocation; in
/// use or not, each buffer counts in the budget. When memory is scarce, none is kept: unused
/// buffers of one worker can't take more than half of the ceiling away from the others.
class BufferPool {
 public:
  using Buffer = std::unique_ptr<char[]>;

  explicit BufferPool(MemoryBudget& budget) : budget_(budget) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  /// A buffer of session_buffer_bytes, not initialised; null when the ceiling is reached.
  Buffer take();
  void give_back(Buffer buffer);

 private:
  static constexpr std::size_t unused_max = 64;

  MemoryBudget& budget_;
  std::vector<Buffer> unused_;
};

}  // namespace portlab
