#include "servers/dns/zone_lexer.hpp"

#include <utility>

namespace portlab::dns {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool ends_word(char c) {
  return is_space(c) || c == '\n' || c == ';' || c == '(' || c == ')' || c == '"';
}

}  // namespace

ZoneLexer::ZoneLexer(std::string_view text, std::size_t file) : text_(text), file_(file) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // a byte order mark (RFC 3629 section 6)
}

std::optional<ZoneEntry> ZoneLexer::next(std::vector<ZoneProblem>& problems) {
  ZoneEntry entry;
  std::size_t depth = 0;
  std::size_t opened_line = 0;
  bool line_begins = true;
  const auto skip_entry = [&](const char* reason) {
    problems.push_back({{file_, line_}, reason});
    skip_line();
    entry = {};
    depth = 0;
    line_begins = true;
  };
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '\n') {
      ++at_;
      ++line_;
      if (depth > 0) continue;
      if (!entry.words.empty()) return entry;
      entry.owner_omitted = false;
      line_begins = true;
      continue;
    }
    if (is_space(c)) {
      if (line_begins && depth == 0) entry.owner_omitted = true;
      ++at_;
    } else if (c == ';') {
      skip_line();
    } else if (c == '(') {
      if (depth++ == 0) opened_line = line_;
      ++at_;
    } else if (c == ')') {
      if (depth == 0) {
        skip_entry("a ) without a ( before it");
        continue;
      }
      --depth;
      ++at_;
    } else {
      const bool is_joined = at_ > 0 && !entry.words.empty() && !ends_word(text_[at_ - 1]);
      auto next = word();
      if (!next) {
        skip_entry("the closing \" is missing");
        continue;
      }
      next->is_joined = is_joined;
      entry.words.push_back(std::move(*next));
    }
    line_begins = false;
  }
  if (depth > 0) {
    problems.push_back({{file_, opened_line}, "the ( on this line is not closed"});
    return std::nullopt;
  }
  if (entry.words.empty()) return std::nullopt;
  return entry;
}

std::optional<Word> ZoneLexer::word() {
  const bool quoted = text_[at_] == '"';
  Word word{{}, quoted, line_, false};
  if (quoted) ++at_;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (quoted && c == '"') {
      ++at_;
      return word;
    }
    if (quoted ? c == '\n' : ends_word(c)) break;
    word.text += c;
    if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') word.text += text_[++at_];
  }
  return quoted ? std::nullopt : std::optional(word);
}

void ZoneLexer::skip_line() {
  while (at_ < text_.size() && text_[at_] != '\n') ++at_;
}

}  // namespace portlab::dns
