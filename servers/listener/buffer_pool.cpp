#include "servers/listener/buffer_pool.hpp"

#include <utility>

namespace portlab {

bool MemoryBudget::take(std::size_t bytes) {
  // Added first and compared then: two workers can't both take the last bytes.
  if (bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= bytes_max_) return true;
  give_back(bytes);
  return false;
}

BufferPool::~BufferPool() { budget_.give_back(unused_.size() * session_buffer_bytes); }

BufferPool::Buffer BufferPool::take() {
  if (!unused_.empty()) {
    auto buffer = std::move(unused_.back());
    unused_.pop_back();
    return buffer;
  }
  if (!budget_.take(session_buffer_bytes)) return nullptr;
  return Buffer(new char[session_buffer_bytes]);
}

void BufferPool::give_back(Buffer buffer) {
  if (unused_.size() < unused_max && !budget_.is_scarce())
    unused_.push_back(std::move(buffer));
  else
    budget_.give_back(session_buffer_bytes);
}

}  // namespace portlab
