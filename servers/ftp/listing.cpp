#include "servers/ftp/listing.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace portlab::ftp::server {

namespace {

std::int64_t modified_seconds(const SiteEntry& entry) {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds(entry.modified_ns))
      .count();
}

/// "Jan  2 03:04", or "Jan  2  2024" if the time is older than half a year or in the future.
std::string list_time(std::time_t seconds, std::time_t now_seconds) {
  constexpr std::time_t half_a_year = 182 * 24 * 3600;
  const bool is_recent = seconds > now_seconds - half_a_year && seconds <= now_seconds;
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  std::array<char, 32> text;
  const auto* format = is_recent ? "%b %e %H:%M" : "%b %e  %Y";
  return {text.data(), std::strftime(text.data(), text.size(), format, &time)};
}

}  // namespace

std::string format_list_line(const SiteEntry& entry, std::int64_t now_seconds) {
  const bool is_directory = entry.kind == SiteEntry::Kind::directory;
  std::array<char, 64> facts{};
  std::snprintf(facts.data(), facts.size(), "%s ftp      ftp      %12llu ",
                is_directory ? "dr-xr-xr-x    2" : "-r--r--r--    1",
                static_cast<unsigned long long>(entry.size));
  return facts.data() + list_time(modified_seconds(entry), now_seconds) + " " +
         printable_name(entry.name) + "\r\n";
}

FileFacts facts_of(const SiteEntry& entry, std::string_view name) {
  const bool is_directory = entry.kind == SiteEntry::Kind::directory;
  FileFacts facts;
  facts.type = is_directory ? "dir" : "file";
  if (!is_directory) facts.size = entry.size;
  facts.modified_seconds = modified_seconds(entry);
  facts.perm = is_directory ? "el" : "r";  // enter and list; retrieve (RFC 3659 section 7.5.5)
  facts.unique = std::to_string(entry.device) + "U" + std::to_string(entry.inode);
  facts.name = name;
  return facts;
}

bool matches(std::string_view name, std::string_view pattern) {
  std::size_t n = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;  // the position of the last *, ...
  std::size_t star_n = 0;                     // ... and the end of what it matches so far
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_n = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_n;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool is_pattern(std::string_view name) {
  return name.find_first_of("*?") != std::string_view::npos;
}

bool fits_a_line(std::string_view name) {
  return name.find_first_of("\r\n") == std::string_view::npos;
}

std::string printable_name(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  return out;
}

}  // namespace portlab::ftp::server
