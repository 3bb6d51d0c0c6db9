#include "servers/http/file_cache.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <initializer_list>
#include <string_view>

#include "servers/http/date.hpp"
#include "servers/http/media_type.hpp"

namespace portlab::http {

namespace {

/// Longer than the slowest kernel's step (10 ms at HZ=100).
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

/// FNV-1a: not against forgers, but no two versions of a file meet in 64 bits by chance.
std::uint64_t hash_of(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : content)
    hash = (hash ^ static_cast<unsigned char>(c)) * std::uint64_t{0x100000001b3};
  return hash;
}

/// Strong (RFC 9110 section 8.8.1). What is in memory is known by its content. What is not: by its
/// inode, its size and the time of its last change, which nobody can set back.
std::string etag_of(const Representation& file, const SiteEntry& entry) {
  if (!file.file) return quoted_hex({file.size, hash_of(file.content)});
  return quoted_hex({entry.inode, entry.size, static_cast<std::uint64_t>(entry.changed_ns)});
}

bool read_all(int descriptor, std::string& content) {
  std::size_t have = 0;
  while (have < content.size()) {
    const auto got =
        ::pread(descriptor, content.data() + have, content.size() - have, static_cast<off_t>(have));
    if (got <= 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

std::shared_ptr<Representation> represent(OpenEntry opened, std::int64_t now_seconds) {
  auto file = std::make_shared<Representation>();
  file->type = media_type_of(opened.entry.name);
  file->size = opened.entry.size;
  if (file->size > cached_file_bytes_max) {
    file->file = std::move(opened.file);
  } else {
    file->content.resize(file->size);
    if (!read_all(opened.file.descriptor(), file->content)) return nullptr;
  }
  file->etag = etag_of(*file, opened.entry);
  // Never later than Date (RFC 9110 section 8.8.2.1).
  file->modified = std::min(opened.entry.modified_ns / ns_per_second, now_seconds);
  file->fields = "Last-Modified: " + format_date(*file->modified) + "\r\nETag: " + file->etag +
                 "\r\nAccept-Ranges: bytes\r\nCache-Control: no-cache\r\n"
                 "X-Content-Type-Options: nosniff\r\n";
  return file;
}

std::shared_ptr<const Representation> FileCache::find(const std::shared_ptr<const Site>& site,
                                                      const std::string& path, std::uint64_t turn) {
  const std::lock_guard lock(mutex_);
  if (site_ != site) return nullptr;
  const auto found = files_.find(path);
  if (found == files_.end()) return nullptr;
  auto& kept = found->second;
  const auto age = now_ns() - kept.opened_ns;
  const bool looked_at = kept.looked_at == turn;
  if (age < 0 || age > reopen_ns || (!looked_at && site->peek(path) != kept.entry)) {
    bytes_ -= kept.representation->size;
    files_.erase(found);
    return nullptr;
  }
  kept.looked_at = turn;
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
  if (files_.contains(path)) return;  // another worker was faster
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

/// The one that nobody asked for the longest goes first.
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
