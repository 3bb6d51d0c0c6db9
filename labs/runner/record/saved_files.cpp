#include "labs/runner/record/saved_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace portlab::labs {

namespace fs = std::filesystem;

bool lock_folder(const std::string& folder) {
  const int held = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (held < 0) return true;
  // The sitting in a window that was closed just now may still be putting away its things.
  constexpr std::chrono::seconds patience{2};
  const auto end = std::chrono::steady_clock::now() + patience;
  while (::flock(held, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return true;
    if (std::chrono::steady_clock::now() > end) {
      ::close(held);
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

// Moved, not copied: that takes no room, and any kind of file.
SavedFiles::SavedFiles(const std::string& folder) : folder_(folder), kept_(folder + ".kept") {
  if (fs::exists(kept_, failed_)) return;  // of a sitting that was killed
  fs::create_directory(kept_, failed_);
  for (const auto& entry : fs::directory_iterator(folder_, failed_))
    if (!failed_) fs::rename(entry.path(), kept_ / entry.path().filename(), failed_);
}

SavedFiles::~SavedFiles() {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(kept_, failed)) {
    const auto place = folder_ / entry.path().filename();
    fs::remove_all(place, failed);  // a program that runs can't be written to
    fs::rename(entry.path(), place, failed);
  }
  fs::remove_all(kept_, failed);
}

}  // namespace portlab::labs
