#include "labs/runner/record/keep_files.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"

namespace portlab::labs {

namespace fs = std::filesystem;

namespace {

constexpr int names_max = 1000;  // names that are tried for one file

bool is_there(const fs::path& path) {
  std::error_code failed;
  return fs::exists(fs::symlink_status(path, failed));
}

/// Whether both are regular files with the same content, which can be read.
bool have_same_content(const fs::path& one, const fs::path& other) {
  std::error_code failed;
  const auto is_file = [&](const fs::path& path) {
    return fs::is_regular_file(fs::symlink_status(path, failed));
  };
  if (!is_file(one) || !is_file(other)) return false;
  const auto size = fs::file_size(one, failed);
  if (failed || size != fs::file_size(other, failed) || failed) return false;
  std::ifstream first(one, std::ios::binary), second(other, std::ios::binary);
  using Bytes = std::istreambuf_iterator<char>;
  return first && second && std::equal(Bytes(first), Bytes(), Bytes(second), Bytes());
}

/// rename(2) that fails with EEXIST where the new name is taken.
std::error_code rename_if_free(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return {errno, std::generic_category()};
  // A file system, or a kernel, without RENAME_NOREPLACE.
  std::error_code failed;
  if (is_there(to)) return std::make_error_code(std::errc::file_exists);
  fs::rename(from, to, failed);
  return failed;
}

/// The entries now: a folder must not be read while its files are renamed.
std::vector<fs::path> entries_of(const fs::path& folder, std::error_code& failed) {
  std::vector<fs::path> found;
  for (fs::directory_iterator each(folder, failed), end; !failed && each != end;
       each.increment(failed))
    found.push_back(each->path());
  return found;
}

}  // namespace

fs::path rename_to_free_name(const fs::path& from, const fs::path& wanted,
                             std::error_code& failed) {
  auto to = wanted;
  for (int i = 2; i <= names_max; ++i) {
    failed = rename_if_free(from, to);
    if (failed != std::errc::file_exists) return to;
    if (have_same_content(from, to)) {
      fs::remove(from, failed);
      return to;
    }
    to = wanted.string() + "-" + std::to_string(i);
  }
  return to;
}

FilesPutAside::FilesPutAside(const std::string& folder,
                             std::function<void(const std::string&)> tell)
    : folder_(folder),
      aside_(folder + ".kept"),
      replaced_(folder + ".replaced"),
      tell_(std::move(tell)) {
  put_back();
  std::error_code failed;
  const bool is_new = fs::create_directory(aside_, failed);
  if (!is_new && !failed) failed = std::make_error_code(std::errc::file_exists);
  if (!failed)
    for (const auto& path : entries_of(folder_, failed))
      if (!failed) failed = rename_if_free(path, aside_ / path.filename());
  if (!failed) return;
  if (is_new) put_back();
  throw CommandError(Exit::failed, folder + ": your files can't be put aside, in " +
                                       aside_.string() + ": " + failed.message());
}

FilesPutAside::~FilesPutAside() {
  try {
    put_back();
  } catch (const std::exception&) {  // of tell_: stdout is closed
  }
}

void FilesPutAside::put_back() {
  std::error_code failed;
  std::vector<std::string> messages;
  for (const auto& kept : entries_of(aside_, failed)) {
    const auto path = folder_ / kept.filename();
    if (is_there(path) && have_same_content(path, kept)) fs::remove(path, failed);
    if (is_there(path)) {
      fs::create_directory(replaced_, failed);
      const auto moved = rename_to_free_name(path, replaced_ / kept.filename(), failed);
      if (!failed)
        messages.push_back("Your file " + path.filename().string() +
                           " is back. Another file had its name by now; that one is " +
                           moved.string() + ".");
    }
    failed = rename_if_free(kept, path);
    if (failed)
      messages.push_back("Your file " + path.filename().string() + " can't be put back: " +
                         failed.message() + ". It is " + kept.string() + ".");
  }
  fs::remove(aside_, failed);  // fails where a file is left in it
  for (const auto& message : messages) tell_(printable(message));
}

}  // namespace portlab::labs
