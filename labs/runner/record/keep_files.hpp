#pragma once
// Moving files of students without losing one: no file is replaced, and none is removed unless
// another one with the same content stays.

#include <filesystem>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

namespace portlab::labs {

/// Renames a file or a folder to `wanted`, or, where that name is taken, to "wanted-2", "wanted-3" …
/// Where one of these is a file with the same content, `from` is removed instead. Returns the path
/// with the content. After an error nothing has changed.
std::filesystem::path rename_to_free_name(const std::filesystem::path& from,
                                          const std::filesystem::path& wanted,
                                          std::error_code& failed);

/// While it exists, the files of a folder are in FOLDER.kept: commands may write files of the same
/// names. At its end they get their names back. A different file that has such a name by then is
/// moved to FOLDER.replaced. Files are renamed, not copied: that needs no space and works for any
/// kind.
class FilesPutAside {
 public:
  /// `tell` receives a sentence for each file that did not get its name back or that was moved.
  /// Puts back first what an earlier process left in FOLDER.kept. Throws a CommandError where the
  /// files cannot be put aside; then they are in their folder, or `tell` has said where.
  FilesPutAside(const std::string& folder, std::function<void(const std::string&)> tell);
  ~FilesPutAside();
  FilesPutAside(const FilesPutAside&) = delete;
  FilesPutAside& operator=(const FilesPutAside&) = delete;

 private:
  void put_back();

  const std::filesystem::path folder_, aside_, replaced_;
  const std::function<void(const std::string&)> tell_;
};

}  // namespace portlab::labs
