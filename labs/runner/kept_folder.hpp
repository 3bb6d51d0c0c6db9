#pragma once
// A student's files, while commands that may write others are typed again.

#include <filesystem>
#include <string>
#include <system_error>

namespace portlab::labs {

/// Takes them out of the folder, and puts them back at its end; also those that an earlier one,
/// killed meanwhile, could not put back.
class KeptFolder {
 public:
  explicit KeptFolder(const std::string& folder);
  ~KeptFolder();
  /// Why the files could not be kept: then nothing should be typed.
  const std::error_code& failed() const { return failed_; }
  KeptFolder(const KeptFolder&) = delete;
  KeptFolder& operator=(const KeptFolder&) = delete;

 private:
  const std::filesystem::path folder_, kept_;
  std::error_code failed_;
};

/// Until this process ends, no other one may say so of this folder. False: another one has.
bool keep_to_ourselves(const std::string& folder);

}  // namespace portlab::labs
