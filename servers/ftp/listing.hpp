#pragma once
// Directories as LIST, NLST and MLSD write them. Pure.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/ftp/mlst_facts.hpp"
#include "servers/site/site.hpp"

namespace portlab::ftp::server {

/// One line as "ls -l" writes it, in UTC, with its CRLF: there is no standard for LIST, and this is
/// what every client can read. `now_seconds` decides between the time of day and the year.
std::string format_list_line(const SiteEntry& entry, std::int64_t now_seconds);
/// The facts of MLSD and MLST; the name as it shall be shown.
FileFacts facts_of(const SiteEntry& entry, std::string_view name);

/// Does the name match a pattern of *, ? and bytes that stand for themselves? At most
/// |name| * |pattern| steps.
bool matches(std::string_view name, std::string_view pattern);
/// Is it a pattern at all?
bool is_pattern(std::string_view name);

/// Whether a name can be told as it is, on a line of its own, to a program that will ask for it.
bool fits_a_line(std::string_view name);
/// A name on a line for people: control characters, which could end the line, become "?".
std::string printable_name(std::string_view name);

}  // namespace portlab::ftp::server
