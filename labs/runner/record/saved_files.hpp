#pragma once
// A student's files, while commands that may write others are typed again.

#include <filesystem>
#include <string>
#include <system_error>

namespace portlab::labs {

/// Takes them out of the folder, and puts them back at its end; also those that an earlier one,
/// killed meanwhile, could not put back.
class SavedFiles {
 public:
  explicit SavedFiles(const std::string& folder);
  ~SavedFiles();
  /// Why the files could not be kept: then nothing should be typed.
  const std::error_code& failed() const { return failed_; }
  SavedFiles(const SavedFiles&) = delete;
  SavedFiles& operator=(const SavedFiles&) = delete;

 private:
  const std::filesystem::path folder_, kept_;
  std::error_code failed_;
};

/// Until this process ends, no other one may say so of this folder. False: another one has.
bool lock_folder(const std::string& folder);

}  // namespace portlab::labs
