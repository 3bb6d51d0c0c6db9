#pragma once
// The facts about a file in the replies to MLSD and MLST (RFC 3659 section 7), as in
// "type=file;size=14; hello.txt", and the format of times in MLSD, MLST and MDTM.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portlab::ftp {

/// The facts of one line that Portlab supports.
struct FileFacts {
  std::string type;  ///< "file", "dir", "cdir", "pdir", or a system's own ("os.unix=slink")
  std::optional<std::uint64_t> size;             ///< bytes
  std::optional<std::int64_t> modified_seconds;  ///< since 1970-01-01, UTC
  std::string perm;    ///< what is permitted: "r" if RETR is (section 7.5.5)
  std::string unique;  ///< equal for two names of the same file
  std::string name;

  bool operator==(const FileFacts&) const = default;
};

/// The facts to send; OPTS MLST chooses them.
struct FactChoice {
  bool type = true;
  bool size = true;
  bool modify = true;
  bool perm = true;
  bool unique = true;

  bool operator==(const FactChoice&) const = default;
};

/// "type=file;size=14;modify=20240102030405; hello.txt", without a line end.
std::string format_facts(const FileFacts& facts, const FactChoice& choice);
/// Reads such a line; unknown facts are skipped. nullopt if the line has no facts.
std::optional<FileFacts> parse_facts(std::string_view line);

/// "type*;size*;modify*;perm;unique;" for FEAT: an asterisk marks each chosen fact (section 7.8).
std::string format_fact_names(const FactChoice& choice);
/// Reads the argument "type;size;" of OPTS MLST; unknown facts are skipped (section 7.9).
FactChoice parse_fact_names(std::string_view text);

/// "20240102030405", in UTC (RFC 3659 section 2.3).
std::string format_time(std::int64_t seconds_since_1970);
/// Reads a time, with or without a fraction of a second; nullopt if it is not valid.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace portlab::ftp
