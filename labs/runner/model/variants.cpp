#include "labs/runner/model/variants.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <utility>

namespace portlab::labs {

namespace {

bool is_letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

using Replacement = std::pair<std::string_view, std::string_view>;

/// Replaces all words in one pass, so that no replacement is replaced again.
std::string replace_words(std::string_view text, const std::vector<Replacement>& words) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool begins = at == 0 || !is_letter_or_digit(text[at - 1]);
    const auto found =
        std::find_if(words.begin(), words.end(), [&](const Replacement& replacement) {
          const auto end = at + replacement.first.size();
          return begins && text.substr(at).starts_with(replacement.first) &&
                 (end == text.size() || !is_letter_or_digit(text[end]));
        });
    out += found == words.end() ? text.substr(at, 1) : found->second;
    at += found == words.end() ? 1 : found->first.size();
  }
  return out;
}

}  // namespace

// FNV-1a; std::hash may differ between machines.
std::int64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1'099'511'628'211U;
  }
  return static_cast<std::int64_t>((hash ^ (hash >> 29)) >> 1);
}

std::string variant_of(std::string_view text, const std::vector<Variation>& variations,
                       const std::string& student) {
  if (student.empty() || variations.empty()) return std::string(text);
  std::vector<Replacement> words;
  for (const auto& [word, choices] : variations) {
    const auto index = static_cast<std::size_t>(hash_of(student + "\n" + word)) % choices.size();
    words.emplace_back(word, choices[index]);
  }
  const auto comment_end = text.find("-->");
  std::string changed;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const auto line = text.substr(at, end - at);
    const bool in_comment = comment_end != std::string_view::npos && at < comment_end;
    const bool stays = in_comment && !line.starts_with("servers:");
    changed += stays ? std::string(line) : replace_words(line, words);
    at = end;
  }
  return changed;
}

}  // namespace portlab::labs
