#include "labs/runner/kept_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace portlab::labs {

namespace fs = std::filesystem;

bool keep_to_ourselves(const std::string& folder) {
  const int held = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return held < 0 || ::flock(held, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

KeptFolder::KeptFolder(const std::string& folder) : folder_(folder), kept_(folder + ".kept") {
  if (fs::exists(kept_, failed_)) return;  // of a sitting that was killed
  const auto half = folder + ".copy";
  fs::remove_all(half, failed_);
  fs::copy(folder_, half, fs::copy_options::recursive | fs::copy_options::copy_symlinks, failed_);
  if (!failed_) fs::rename(half, kept_, failed_);
  if (!failed_) return;
  std::error_code ignored;
  fs::remove_all(half, ignored);
}

KeptFolder::~KeptFolder() {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(kept_, failed)) {
    const auto place = folder_ / entry.path().filename();
    fs::remove_all(place, failed);  // a program that runs can't be written to
    fs::rename(entry.path(), place, failed);
  }
  fs::remove_all(kept_, failed);
}

}  // namespace portlab::labs
