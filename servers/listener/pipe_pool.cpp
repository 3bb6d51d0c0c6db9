#include "servers/listener/pipe_pool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace portlab {

Pipe::Pipe(MemoryBudget& budget, FileDescriptor read_end, FileDescriptor write_end)
    : budget_(budget), read_end_(std::move(read_end)), write_end_(std::move(write_end)) {}

std::unique_ptr<Pipe> PipePool::take() {
  if (!unused_.empty()) {
    auto pipe = std::move(unused_.back());
    unused_.pop_back();
    return pipe;
  }
  if (!budget_.take(1)) return nullptr;
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
    budget_.give_back(1);
    return nullptr;
  }
  return std::make_unique<Pipe>(budget_, FileDescriptor(ends[0]), FileDescriptor(ends[1]));
}

void PipePool::give_back(std::unique_ptr<Pipe> pipe) {
  if (unused_.size() < unused_max) unused_.push_back(std::move(pipe));
}

}  // namespace portlab
