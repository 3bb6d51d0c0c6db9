#include "labs/runner/student.hpp"

#include <cctype>
#include <cstdint>

namespace portlab::labs {

namespace {

/// FNV-1a: the same on every machine, which std::hash need not be.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1'099'511'628'211U;
  }
  return hash ^ (hash >> 29);
}

bool is_letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::string replace_word(std::string_view text, std::string_view word, std::string_view by) {
  std::string out;
  for (std::size_t at = 0;;) {
    const auto found = text.find(word, at);
    if (found == std::string_view::npos) return out.append(text.substr(at));
    const auto end = found + word.size();
    const bool alone = (found == 0 || !is_letter_or_digit(text[found - 1])) &&
                       (end == text.size() || !is_letter_or_digit(text[end]));
    out += text.substr(at, found - at);
    out += alone ? by : word;
    at = end;
  }
}

std::string text_for(const std::string& student, std::string_view text,
                     const std::vector<Variation>& variations) {
  const auto end = text.find("-->");
  const auto from = end == std::string_view::npos ? 0 : end;
  std::string changed(text.substr(from));
  if (!student.empty())
    for (const auto& variation : variations) {
      const auto pick = hash_of(student + "\n" + variation.word) % variation.choices.size();
      changed = replace_word(changed, variation.word, variation.choices[pick]);
    }
  return std::string(text.substr(0, from)) + changed;
}

}  // namespace portlab::labs
