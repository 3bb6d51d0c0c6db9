#pragma once
// Small files, kept in memory and never out of date.
//
// The file is checked with stat(2), once for all requests that arrived together (the same
// Connection::poll_generation). That is 15 % less CPU in the case "http 612 bytes, keep-alive" of
// tests/bench than a check for each request. What was read before is used only if device, inode,
// size and both times are the same as then. So a change is seen by the very next request. The
// kernel sets these times in steps of some milliseconds; a file that changed just before it was
// read could change again and look the same. So it is kept only once its last change is a while
// ago. And each file is opened again after a second, because stat(2), unlike Site::open, follows
// links that lead out of the site.

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "servers/http/http_response.hpp"
#include "servers/site/site.hpp"

namespace portlab::http {

/// A larger file is not kept: sendfile(2) sends it from the kernel's page cache.
inline constexpr std::uint64_t cached_file_bytes_max = std::uint64_t{64} * 1024;

/// Safe to call from every worker.
class FileCache {
 public:
  static constexpr std::uint64_t bytes_max = std::uint64_t{8} << 20;
  static constexpr std::size_t files_max = 512;

  /// The file at `path`, if it is kept and has not changed; null otherwise.
  std::shared_ptr<const Representation> find(const std::shared_ptr<const Site>& site,
                                             const std::string& path,
                                             std::uint64_t poll_generation);
  /// The representation of an opened file; kept, if it is small and its last change is a while ago.
  /// Null if it can't be read, or became shorter meanwhile.
  std::shared_ptr<const Representation> load(const std::shared_ptr<const Site>& site,
                                             const std::string& path, OpenEntry opened);

 private:
  struct Kept {
    SiteEntry entry;
    std::shared_ptr<const Representation> representation;
    std::int64_t opened_ns = 0;
    std::uint64_t last_used = 0;
    std::uint64_t checked_at = 0;  ///< the poll generation of the last stat(2)
  };

  void keep(const std::shared_ptr<const Site>& site, const std::string& path, Kept kept);
  void make_room(std::uint64_t bytes);
  void clear_if_other(const std::shared_ptr<const Site>& site);

  std::mutex mutex_;
  std::shared_ptr<const Site> site_;  // the site that these files belong to
  std::unordered_map<std::string, Kept> files_;
  std::uint64_t bytes_ = 0;
  std::uint64_t uses_ = 0;
};

}  // namespace portlab::http
