#pragma once
// What HTTP and FTP serve: a folder, read-only, and never anything outside it.
//
// A symbolic link that leads out of the folder, or that is absolute, is refused: see open_beneath.hpp.

#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/shared_value.hpp"
#include "common/system/file_descriptor.hpp"
#include "servers/listener/open_file.hpp"

namespace portlab {

/// A file or a folder of the site, by the facts of stat(2).
struct SiteEntry {
  enum class Kind : std::uint8_t { file, directory };
  std::string name;  ///< without its folder
  Kind kind = Kind::file;
  std::uint64_t size = 0;        ///< bytes; 0 for directories
  std::int64_t modified_ns = 0;  ///< nanoseconds since 1970
  std::int64_t changed_ns = 0;   ///< likewise; no program can set it (st_ctim of stat(3type))
  std::uint64_t inode = 0;
  std::uint64_t device = 0;

  bool operator==(const SiteEntry&) const = default;
};

/// An entry that is open for reading.
struct OpenEntry {
  SiteEntry entry;
  File file;
};

enum class SiteError : std::uint8_t {
  not_found,      ///< there is no such file or folder
  forbidden,      ///< it exists and may not be read, or a link leads out of the site
  not_directory,  ///< the path uses a file as a folder
  unavailable,    ///< the system has too few descriptors or too little memory at the moment
};

/// For boost::system::result::value(): throws std::runtime_error.
[[noreturn]] inline void throw_exception_from_error(SiteError error,
                                                    const boost::source_location&) {
  throw std::runtime_error("site: error " + std::to_string(static_cast<int>(error)));
}

/// A folder and all that is below it. Paths are separated by "/" and relative to the folder; a
/// leading "/" changes nothing. All members may be called from every thread.
///
/// Dot segments are removed from the text first, as in a URL ("/docs/../.." is "/"). A symbolic
/// link is followed if it is relative and stays inside; else it is `forbidden`, and so is a path
/// with more than 40 links. Without openat2(2) no link is followed. Only regular files and folders are served: a pipe, a socket or a device
/// is `forbidden`, and opening one never blocks. Names that begin with a dot are hidden: neither
/// listed nor found. A path that ends in "/" must be a folder.
class Site {
 public:
  /// Opens the folder. Throws std::runtime_error "root PATH: why: what to do"; also where a sandbox
  /// forbids openat2(2).
  explicit Site(const std::filesystem::path& root);

  /// Opens a file or a folder for reading.
  boost::system::result<OpenEntry, SiteError> open(std::string_view path) const;
  /// The folder's entries that can be read, sorted by name; at most `entries_max`, then the rest is
  /// left out.
  boost::system::result<std::vector<SiteEntry>, SiteError> list(std::string_view path) const;
  /// The facts of stat(2) about the path, in one system call: with them a cache finds out whether
  /// the file that it has open was changed or replaced. Links are followed out of the site, too, so
  /// these facts must not be sent to a client.
  std::optional<SiteEntry> peek(std::string_view path) const;

  static constexpr std::size_t entries_max = 10'000;

 private:
  boost::system::result<OpenEntry, SiteError> open_normal(const std::string& path,
                                                          bool folder) const;

  FileDescriptor root_;
};

/// The site that HTTP and FTP share. SIGHUP may replace it; transfers from the old one continue.
using SharedSite = SharedValue<Site>;

/// Whether a path can only be a folder: it ends in "/", "/." or "/..".
bool names_folder(std::string_view path);

/// Removes dot segments (RFC 3986 section 5.2.4), and leading, doubled and trailing slashes:
/// "/docs//../hello.txt" becomes "hello.txt". Empty: the root. Other bytes stay as they are.
std::string normal_path(std::string_view path);

}  // namespace portlab
