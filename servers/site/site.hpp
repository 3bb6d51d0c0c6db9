#pragma once
// What Server1 serves over HTTP and FTP alike: a folder, and never anything outside it (openat2
// with RESOLVE_BENEATH).

#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "servers/listener/open_file.hpp"
#include "servers/site/open_beneath.hpp"

namespace portlab {

/// What a path of the site leads to.
struct SiteEntry {
  enum class Kind : std::uint8_t { file, directory };
  std::string name;  ///< without its folder
  Kind kind = Kind::file;
  std::uint64_t size = 0;        ///< bytes; 0 for directories
  std::int64_t modified_ns = 0;  ///< nanoseconds since 1970
  std::int64_t changed_ns = 0;   ///< likewise, and nobody can set it back: st_ctim
  std::uint64_t inode = 0;
  std::uint64_t device = 0;

  bool operator==(const SiteEntry&) const = default;
};

/// An entry that was opened: a file can be sent.
struct OpenEntry {
  SiteEntry entry;
  File file;
};

enum class SiteError : std::uint8_t {
  not_found,      ///< nothing is there
  forbidden,      ///< it is there and may not be read, or leads out of the site
  not_directory,  ///< a file was used as a folder
  unavailable,    ///< the system is short of something now (descriptors, memory)
};

/// "not found", "forbidden", "not a folder", "unavailable".
std::string_view to_string(SiteError error);

/// Lets value() throw the reason as an exception.
[[noreturn]] void throw_exception_from_error(SiteError error, const boost::source_location&);

/// A folder that is served, read-only. Paths are "/"-separated and relative to it; a leading "/" is
/// the folder itself; dot segments and symbolic links never leave it. Safe from every worker.
///
/// Dot segments are removed from the text first, as in a URL ("/docs/../.." is "/"). A symbolic
/// link is followed if it is relative and stays inside; else it is `forbidden`. Only regular files
/// and folders are served: a pipe or a device is `forbidden` and never waited for. Names that begin
/// with a dot are hidden: neither listed nor found. A path that ends in "/" must be a folder.
class Site {
 public:
  /// Opens the folder. Throws std::runtime_error "root PATH: why: what to do".
  explicit Site(const std::filesystem::path& root);
  /// The same, with the walk chosen: for kernels without openat2, and for the tests.
  Site(const std::filesystem::path& root, beneath::Walk walk);
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  /// Opens what the path leads to.
  boost::system::result<OpenEntry, SiteError> open(std::string_view path) const;
  /// The folder's entries that can be read, sorted by name, at most `entries_max`.
  boost::system::result<std::vector<SiteEntry>, SiteError> list(std::string_view path) const;
  /// What stat(2) says about the path now: one cheap system call, by which a cache notices that the
  /// file it opened before is another one. It follows links anywhere, so it tells nothing that may
  /// be shown to anybody.
  std::optional<SiteEntry> peek(std::string_view path) const;

  static constexpr std::size_t entries_max = 10'000;

 private:
  boost::system::result<OpenEntry, SiteError> open_normal(const std::string& path,
                                                          bool folder) const;

  int root_;
  beneath::Walk walk_;
};

/// "/docs//../hello.txt" as "hello.txt": no leading, doubled or trailing slash, no dot segments
/// (RFC 3986 section 5.2.4); empty: the root. Bytes are taken as they are.
std::string normal_path(std::string_view path);

}  // namespace portlab
