#include "labs/runner/kept_folder.hpp"

namespace portlab::labs {

namespace fs = std::filesystem;

KeptFolder::KeptFolder(const std::string& folder) : folder_(folder), kept_(folder + ".kept") {
  if (!fs::exists(kept_, failed_)) fs::copy(folder_, kept_, fs::copy_options::recursive, failed_);
}

KeptFolder::~KeptFolder() {
  for (const auto& entry : fs::directory_iterator(kept_, failed_)) {
    const auto place = folder_ / entry.path().filename();
    fs::remove_all(place, failed_);  // a program that runs can't be written to
    fs::rename(entry.path(), place, failed_);
  }
  fs::remove_all(kept_, failed_);
}

}  // namespace portlab::labs
