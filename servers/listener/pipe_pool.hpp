#pragma once
// Pipes for splice(2), which moves bytes from one socket to another without copying them to user
// memory: into a pipe, and out of it again.
//
// A relay needs a pipe only while bytes are under way. Pipes are descriptors and kernel memory, so
// their number is limited; a relay without a pipe copies.

#include <cstddef>
#include <memory>
#include <vector>

#include "common/system/file_descriptor.hpp"
#include "servers/listener/buffer_pool.hpp"

namespace portlab {

/// One pipe. It counts in the budget until it is destroyed.
class Pipe {
 public:
  Pipe(MemoryBudget& budget, FileDescriptor read_end, FileDescriptor write_end);
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() { budget_.give_back(1); }

  int read_end() const { return read_end_.get(); }
  int write_end() const { return write_end_.get(); }

 private:
  MemoryBudget& budget_;
  FileDescriptor read_end_;
  FileDescriptor write_end_;
};

/// The pipes of one worker. A few unused ones are kept.
class PipePool {
 public:
  /// `budget`: how many pipes all workers together may have.
  explicit PipePool(MemoryBudget& budget) : budget_(budget) {}

  /// An empty pipe; null: there are too many, or the system has no more.
  std::unique_ptr<Pipe> take();
  /// The pipe must be empty.
  void give_back(std::unique_ptr<Pipe> pipe);

 private:
  static constexpr std::size_t unused_max = 16;

  MemoryBudget& budget_;
  std::vector<std::unique_ptr<Pipe>> unused_;
};

}  // namespace portlab
