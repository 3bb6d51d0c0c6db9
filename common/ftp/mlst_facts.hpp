#pragma once
// What MLSD and MLST tell about a file (RFC 3659 section 7): "type=file;size=14; hello.txt", and
// how they and MDTM write a time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portlab::ftp {

/// One line of MLSD, as far as Portlab knows its facts.
struct FileFacts {
  std::string type;  ///< "file", "dir", "cdir", "pdir", or what a system adds ("os.unix=slink")
  std::optional<std::uint64_t> size;             ///< bytes
  std::optional<std::int64_t> modified_seconds;  ///< since 1970
  std::string perm;                              ///< "r" for a file that may be fetched
  std::string unique;                            ///< the same for two names of one file
  std::string name;

  bool operator==(const FileFacts&) const = default;
};

/// Which facts to tell: OPTS MLST chooses.
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
/// Reads such a line. Facts that we do not know are skipped.
std::optional<FileFacts> parse_facts(std::string_view line);

/// "type*;size*;modify*;perm;unique;": the facts of FEAT, a star at each chosen one.
std::string format_fact_names(const FactChoice& choice);
/// The choice that OPTS MLST's "type;size;" makes; unknown facts are skipped (section 7.9).
FactChoice parse_fact_names(std::string_view text);

/// "20240102030405": UTC (RFC 3659 section 2.3).
std::string format_time(std::int64_t seconds_since_1970);
/// Reads one, with or without a fraction. Nothing if it is no time.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace portlab::ftp
