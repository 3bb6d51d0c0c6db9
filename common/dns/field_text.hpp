#pragma once
// The fields of a record (record_formats.hpp) from the words of a zone file.

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/dns/name.hpp"
#include "common/dns/rdata.hpp"
#include "common/dns/record_formats.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// The words after the type of a record, which are read one after another.
class WordReader {
 public:
  explicit WordReader(std::span<const Word> words) : words_(words) {}

  bool at_end() const { return words_.empty(); }
  // These three must not be called at the end.

  const Word& front() const { return words_.front(); }
  const Word& take() {
    const Word& word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }
  std::span<const Word> take_rest() { return std::exchange(words_, {}); }

 private:
  std::span<const Word> words_;
};

/// Appends the bytes of a field, and moves `words` after it. Names are relative to `origin`. An
/// Error without text: the first word is not valid for the field.
Result<void> append_field(std::string& out, Field field, WordReader& words, const Name& origin);

/// The texts of the words, without anything between them.
std::string joined(std::span<const Word> words);

}  // namespace portlab::dns
