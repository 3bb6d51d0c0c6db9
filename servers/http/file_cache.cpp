#include "servers/http/file_cache.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <initializer_list>
#include <span>
#include <string_view>

#include "common/stable_hash.hpp"
#include "servers/http/http_date.hpp"
#include "servers/http/media_type.hpp"

namespace portlab::http {

namespace {

/// Longer than the slowest kernel's step of file times (10 ms at HZ=100).
constexpr std::int64_t quiet_ns = 50'000'000;
constexpr std::int64_t reopen_ns = 1'000'000'000;
constexpr std::int64_t ns_per_second = 1'000'000'000;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string quoted_hex(std::initializer_list<std::uint64_t> numbers) {
  std::string text = "\"";
  for (const auto number : numbers) {
    std::array<char, 16> digits;
    if (text.size() > 1) text += '-';
    text.append(digits.data(),
                std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr);
  }
  return text + '"';
}

/// A strong ETag (RFC 9110 section 8.8.1): of a file in memory from its content, of another one
/// from its inode, its size and the time of its last change, which no program can set.
std::string etag_of(const Representation& file, const SiteEntry& entry) {
  if (!file.file) return quoted_hex({file.size, static_cast<std::uint64_t>(hash_of(file.content))});
  return quoted_hex({entry.inode, entry.size, static_cast<std::uint64_t>(entry.changed_ns)});
}

bool read_all(const File& file, std::string& content) {
  std::size_t have = 0;
  while (have < content.size()) {
    const auto count = file.read_at(have, std::span(content).subspan(have));
    if (!count || *count == 0) return false;
    have += *count;
  }
  return true;
}

/// Null if the file can't be read, or became shorter meanwhile.
std::shared_ptr<const Representation> represent(OpenEntry opened, std::int64_t now_seconds) {
  auto file = std::make_shared<Representation>();
  file->type = media_type_of(opened.entry.name);
  file->size = opened.entry.size;
  if (file->size > cached_file_bytes_max) {
    file->file = std::move(opened.file);
  } else {
    file->content.resize(file->size);
    if (!read_all(opened.file, file->content)) return nullptr;
  }
  file->etag = etag_of(*file, opened.entry);
  // Never later than Date (RFC 9110 section 8.8.2.1).
  file->modified = std::min(opened.entry.modified_ns / ns_per_second, now_seconds);
  file->fields = "Last-Modified: " + format_date(*file->modified) + "\r\nETag: " + file->etag +
                 "\r\nAccept-Ranges: bytes\r\nCache-Control: no-cache\r\n"
                 "X-Content-Type-Options: nosniff\r\n";
  return file;
}

}  // namespace

std::shared_ptr<const Representation> FileCache::find(const std::shared_ptr<const Site>& site,
                                                      const std::string& path,
                                                      std::uint64_t poll_generation) {
  const std::lock_guard lock(mutex_);
  if (site_ != site) return nullptr;
  const auto found = files_.find(path);
  if (found == files_.end()) return nullptr;
  auto& kept = found->second;
  const auto age = now_ns() - kept.opened_ns;
  if (age < 0 || age > reopen_ns ||
      (kept.checked_at != poll_generation && site->peek(path) != kept.entry)) {
    bytes_ -= kept.representation->size;
    files_.erase(found);
    return nullptr;
  }
  kept.checked_at = poll_generation;
  kept.last_used = ++uses_;
  return kept.representation;
}

std::shared_ptr<const Representation> FileCache::load(const std::shared_ptr<const Site>& site,
                                                      const std::string& path, OpenEntry opened) {
  const auto opened_ns = now_ns();
  const SiteEntry entry = opened.entry;
  auto representation = represent(std::move(opened), opened_ns / ns_per_second);
  if (representation && !representation->file && opened_ns - entry.changed_ns > quiet_ns &&
      site->peek(path) == entry)
    keep(site, path, {entry, representation, opened_ns, 0, 0});
  return representation;
}

void FileCache::keep(const std::shared_ptr<const Site>& site, const std::string& path, Kept kept) {
  const std::lock_guard lock(mutex_);
  clear_if_other(site);
  if (files_.contains(path)) return;  // another worker has just added it
  make_room(kept.representation->size);
  kept.last_used = ++uses_;
  bytes_ += kept.representation->size;
  files_.emplace(path, std::move(kept));
}

void FileCache::clear_if_other(const std::shared_ptr<const Site>& site) {
  if (site_ == site) return;
  files_.clear();
  bytes_ = 0;
  site_ = site;
}

/// Removes the least recently used files first.
void FileCache::make_room(std::uint64_t bytes) {
  while (!files_.empty() && (files_.size() >= files_max || bytes_ + bytes > bytes_max)) {
    const auto oldest = std::min_element(files_.begin(), files_.end(), [](auto& a, auto& b) {
      return a.second.last_used < b.second.last_used;
    });
    bytes_ -= oldest->second.representation->size;
    files_.erase(oldest);
  }
}

}  // namespace portlab::http
