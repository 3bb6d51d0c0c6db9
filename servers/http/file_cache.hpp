#pragma once
// Small files, kept in memory, and never stale.
//
// The system is asked for the file's stat(2), once for all requests that arrived together; what was
// read before is used only if device, inode, size and both times are what they were then. So a
// change is seen by the very next request. Kernels stamp times in steps of some milliseconds: a
// file that changed just before it was read could change again and look the same, so it is kept
// only once its last change is a while ago. And whatever is kept is opened anew after a second,
// since stat(2), unlike Site::open, follows links that lead out of the site.

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "servers/http/response.hpp"
#include "servers/site/site.hpp"

namespace portlab::http {

/// A larger file is not kept: sendfile(2) brings it from the system's own cache.
inline constexpr std::uint64_t cached_file_bytes_max = std::uint64_t{64} * 1024;

/// Safe from every worker.
class FileCache {
 public:
  static constexpr std::uint64_t bytes_max = std::uint64_t{8} << 20;
  static constexpr std::size_t files_max = 512;

  /// The file at `path`, if it is known and has not changed; null otherwise.
  std::shared_ptr<const Representation> find(const std::shared_ptr<const Site>& site,
                                             const std::string& path, std::uint64_t turn);
  /// What an opened file is to HTTP; kept, if it is small and quiet.
  std::shared_ptr<const Representation> load(const std::shared_ptr<const Site>& site,
                                             const std::string& path, OpenEntry opened);

 private:
  struct Kept {
    SiteEntry entry;
    std::shared_ptr<const Representation> representation;
    std::int64_t opened_ns = 0;
    std::uint64_t last_used = 0;
    std::uint64_t looked_at = 0;  ///< the turn when stat(2) said that it has not changed
  };

  void keep(const std::shared_ptr<const Site>& site, const std::string& path, Kept kept);
  void make_room(std::uint64_t bytes);
  void clear_if_other(const std::shared_ptr<const Site>& site);

  std::mutex mutex_;
  std::shared_ptr<const Site> site_;  // whose files these are
  std::unordered_map<std::string, Kept> files_;
  std::uint64_t bytes_ = 0;
  std::uint64_t uses_ = 0;
};

/// The representation of an opened file. Empty if it can't be read, or was cut short meanwhile.
std::shared_ptr<Representation> represent(OpenEntry opened, std::int64_t now_seconds);

}  // namespace portlab::http
