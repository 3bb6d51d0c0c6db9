#include "servers/site/site.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "servers/site/open_beneath.hpp"

namespace portlab {

namespace {

SiteError error_of(int number) {
  switch (number) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case EIO:
      return SiteError::unavailable;
    case ENOTDIR:
      return SiteError::not_directory;
    case EACCES:
    case EPERM:
    case EXDEV:  // RESOLVE_BENEATH: it leads out
    case ELOOP:
    case ENXIO:  // a socket, or a device without a driver
    case ENODEV:
      return SiteError::forbidden;
    default:  // ENOENT, ENAMETOOLONG, EINVAL, …
      return SiteError::not_found;
  }
}

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::string_view last_component(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// Nothing if it is neither a file nor a folder.
std::optional<SiteEntry> entry_of(std::string_view path, const struct stat& facts) {
  if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode)) return std::nullopt;
  SiteEntry entry;
  entry.name = last_component(path);
  entry.kind = S_ISDIR(facts.st_mode) ? SiteEntry::Kind::directory : SiteEntry::Kind::file;
  if (entry.kind == SiteEntry::Kind::file) entry.size = static_cast<std::uint64_t>(facts.st_size);
  entry.modified_ns = nanoseconds(facts.st_mtim);
  entry.changed_ns = nanoseconds(facts.st_ctim);
  entry.inode = facts.st_ino;
  entry.device = facts.st_dev;
  return entry;
}

bool hidden(std::string_view normal) {
  return normal.starts_with('.') || normal.find("/.") != std::string_view::npos;
}

/// Whether the path may be looked up: the kernel would stop reading it at a NUL byte.
bool is_visible(std::string_view normal) {
  return normal.find('\0') == std::string_view::npos && !hidden(normal);
}

[[noreturn]] void throw_root_error(const std::filesystem::path& root, const std::string& what) {
  throw std::runtime_error("root " + root.string() + ": " + what);
}

FileDescriptor open_root(const std::filesystem::path& path) {
  FileDescriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root)
    throw_root_error(path, std::generic_category().message(errno) +
                               ": name a folder that this user may read with --root DIR");
  const FileDescriptor again(open_beneath(root.get(), "", O_PATH | O_DIRECTORY));
  if (!again)
    throw_root_error(path, "openat2(2): " + std::generic_category().message(errno) +
                               ": portlabd needs a sandbox or container that allows this "
                               "system call");
  return root;
}

}  // namespace

bool names_folder(std::string_view path) {
  return path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
}

std::string normal_path(std::string_view path) {
  std::string normal;
  normal.reserve(path.size());
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    const auto name = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      const auto parent = normal.rfind('/');
      normal.resize(parent == std::string::npos ? 0 : parent);
      continue;
    }
    if (!normal.empty()) normal += '/';
    normal += name;
  }
  return normal;
}

Site::Site(const std::filesystem::path& root) : root_(open_root(root)) {}

boost::system::result<OpenEntry, SiteError> Site::open(std::string_view path) const {
  const std::string normal = normal_path(path);
  if (!is_visible(normal)) return SiteError::not_found;
  return open_normal(normal, names_folder(path));
}

boost::system::result<OpenEntry, SiteError> Site::open_normal(const std::string& path,
                                                              bool folder) const {
  // O_NONBLOCK: opening a pipe would wait for its other end. O_NOCTTY: a terminal must not become
  // the controlling terminal of this process.
  const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (folder ? O_DIRECTORY : 0);
  const int opened = open_beneath(root_.get(), path, flags);
  if (opened < 0) return error_of(errno);
  File file(opened);
  struct stat facts = {};
  if (::fstat(opened, &facts) < 0) return error_of(errno);
  auto entry = entry_of(path, facts);
  if (!entry) return SiteError::forbidden;
  return OpenEntry{std::move(*entry), std::move(file)};
}

boost::system::result<std::vector<SiteEntry>, SiteError> Site::list(std::string_view path) const {
  const std::string normal = normal_path(path);
  if (!is_visible(normal)) return SiteError::not_found;
  const int opened = open_beneath(root_.get(), normal, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  if (opened < 0) return error_of(errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::fdopendir(opened), ::closedir);
  if (!folder) {
    const auto why = error_of(errno);
    ::close(opened);
    return why;
  }

  std::vector<SiteEntry> entries;
  while (const dirent* found = ::readdir(folder.get())) {
    const std::string name = found->d_name;
    if (hidden(name)) continue;
    struct stat facts = {};
    if (::fstatat(opened, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) < 0) continue;
    if (S_ISLNK(facts.st_mode)) {  // listed if it can be opened
      auto target = open_normal(normal.empty() ? name : normal + "/" + name, false);
      if (!target) continue;
      entries.push_back(std::move(target->entry));
    } else if (auto entry = entry_of(name, facts)) {
      const int needed = entry->kind == SiteEntry::Kind::directory ? R_OK | X_OK : R_OK;
      if (::faccessat(opened, name.c_str(), needed, AT_EACCESS) < 0) continue;
      entries.push_back(std::move(*entry));
    }
    if (entries.size() == entries_max) break;
  }
  std::sort(entries.begin(), entries.end(),
            [](const SiteEntry& a, const SiteEntry& b) { return a.name < b.name; });
  return entries;
}

std::optional<SiteEntry> Site::peek(std::string_view path) const {
  const std::string normal = normal_path(path);
  if (!is_visible(normal)) return std::nullopt;
  struct stat facts = {};
  if (::fstatat(root_.get(), normal.empty() ? "." : normal.c_str(), &facts, 0) < 0)
    return std::nullopt;
  return entry_of(normal, facts);
}

}  // namespace portlab
