#pragma once
// The formats of LIST, MLSD and MLST, the patterns of NLST, and names in replies.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/ftp/mlst_facts.hpp"
#include "servers/site/site.hpp"

namespace portlab::ftp::server {

/// One line of LIST, with its CRLF. No standard defines LIST; every client can read the format of
/// "ls -l". Times are UTC. `now_seconds` decides whether the time of day or the year is shown.
std::string format_list_line(const SiteEntry& entry, std::int64_t now_seconds);
/// The facts of MLSD and MLST; `name` is the path to show.
FileFacts facts_of(const SiteEntry& entry, std::string_view name);

/// Whether a name matches a pattern of *, ? and literal bytes. Takes at most
/// name.size() * pattern.size() steps.
bool matches(std::string_view name, std::string_view pattern);
/// Whether a name contains * or ?.
bool is_pattern(std::string_view name);

/// Whether a name can be sent on a line of its own: it has no CR and no LF.
bool fits_a_line(std::string_view name);
/// A name on a line for people: control characters become "?".
std::string printable_name(std::string_view name);

}  // namespace portlab::ftp::server
