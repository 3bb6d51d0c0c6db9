#pragma once
// Splits a zone file into entries of words: removes comments and joins the lines in parentheses
// (RFC 1035 section 5.1).

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/rdata.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// A line of a zone file. A zone has several files if they are included.
struct ZonePlace {
  std::size_t file = 0;  ///< in the order in which the files were read
  std::size_t line = 1;

  auto operator<=>(const ZonePlace&) const = default;
};

/// A mistake or a warning.
struct ZoneProblem {
  ZonePlace place;
  std::string text;
};

/// The words of one directive or record.
struct ZoneEntry {
  bool owner_omitted = false;  ///< it starts with a space: the owner is that of the entry before
  std::vector<Word> words;
};

class ZoneLexer {
 public:
  /// `file` is the number of the file in the problems.
  explicit ZoneLexer(std::string_view text, std::size_t file = 0);

  /// The next entry that has words; nullopt at the end of the file. A mistake is added to
  /// `problems`, and its entry is skipped.
  std::optional<ZoneEntry> next(std::vector<ZoneProblem>& problems);

 private:
  std::optional<Word> word();  // nullopt: the closing quote is missing
  void skip_line();

  std::string_view text_;
  std::size_t file_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace portlab::dns
