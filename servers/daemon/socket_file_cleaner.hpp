#pragma once
// Who removes the socket files of a portlabd that has become somebody who may not: a child process
// that stays behind, with no other right than that, and nothing else open.

#include <sys/types.h>

#include <string>
#include <vector>

namespace portlab {

class SocketFileCleaner {
 public:
  /// Starts one for these socket files, as they are now. Before any thread is started, and before
  /// the rights are given up. Where it can't start, the files stay behind, as after a kill -9.
  explicit SocketFileCleaner(const std::vector<std::string>& paths);
  /// Removes them, and ends. At the latest when this process ends, however it does.
  ~SocketFileCleaner() { sweep(); }
  SocketFileCleaner(const SocketFileCleaner&) = delete;
  SocketFileCleaner& operator=(const SocketFileCleaner&) = delete;

  /// Removes them now.
  void sweep();

 private:
  int end_ = -1;  ///< a pipe: its end is the child's
  pid_t child_ = -1;
};

}  // namespace portlab
