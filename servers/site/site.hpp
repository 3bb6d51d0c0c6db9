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

#include "servers/listener/file.hpp"

namespace portlab {

/// What a path of the site leads to.
struct SiteEntry {
  enum class Kind : std::uint8_t { file, directory };
  std::string name;  ///< without its folder
  Kind kind = Kind::file;
  std::uint64_t size = 0;        ///< bytes; 0 for directories
  std::int64_t modified_ns = 0;  ///< nanoseconds since 1970
  std::uint64_t inode = 0;
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

/// A folder that is served, read-only. Paths are "/"-separated and relative to it; a leading "/" is
/// the folder itself; dot segments and symbolic links never leave it. Safe from every worker.
class Site {
 public:
  /// Opens the folder. Throws std::runtime_error "root PATH: why: what to do".
  explicit Site(const std::filesystem::path& root);
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  /// Opens what the path leads to.
  boost::system::result<OpenEntry, SiteError> open(std::string_view path) const;
  /// The folder's entries that can be read, sorted by name, at most `entries_max`.
  boost::system::result<std::vector<SiteEntry>, SiteError> list(std::string_view path) const;

  static constexpr std::size_t entries_max = 10'000;

 private:
  int root_;
};

}  // namespace portlab
