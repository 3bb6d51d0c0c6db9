#include "servers/dns/zone_origin.hpp"

#include <algorithm>

#include "common/dns/types.hpp"
#include "common/text.hpp"

namespace portlab::dns {
namespace {

bool is_directive(const ZoneEntry& entry) {
  const Word& first = entry.words.front();
  return !entry.owner_omitted && !first.quoted && first.text.starts_with('$');
}

bool is_absolute(std::string_view name) { return name.ends_with('.') && !name.ends_with("\\."); }

// OWNER [TTL] [CLASS] SOA …
bool is_soa(const ZoneEntry& entry) {
  const auto count = std::min<std::size_t>(entry.words.size(), 4);
  return std::any_of(entry.words.begin() + (entry.owner_omitted ? 0 : 1),
                     entry.words.begin() + static_cast<std::ptrdiff_t>(count),
                     [](const Word& word) { return equal_ignoring_case(word.text, "SOA"); });
}

// What the text says about its first origin.
struct Found {
  Name origin;
  std::string warning;  // empty: none
  ZonePlace place;
};

std::string assumed(const Name& origin, const std::string& source) {
  return "there is no $ORIGIN before the first record: the origin is " + origin.to_text() + ", " +
         source + "; a line '$ORIGIN " + origin.to_text() + "' at the top makes this certain";
}

// For a $ORIGIN before the first record the first origin is the root. So a name without a dot at
// its end, a frequent mistake, is understood.
std::optional<Found> find_in_text(std::string_view text) {
  std::vector<ZoneProblem> ignored;  // the parser reports them
  ZoneLexer lexer(text);
  bool before_first_record = true;
  while (const auto entry = lexer.next(ignored)) {
    const auto& words = entry->words;
    const ZonePlace place{0, words[0].line};
    if (is_directive(*entry)) {
      if (!before_first_record || words.size() < 2 ||
          !equal_ignoring_case(words[0].text, "$ORIGIN"))
        continue;
      return Found{
          Name(),
          is_absolute(words[1].text)
              ? ""
              : words[1].text + " has no dot at its end: add it, and no other origin can be meant",
          place};
    }
    before_first_record = false;
    if (!is_soa(*entry)) continue;
    if (entry->owner_omitted || !is_absolute(words[0].text)) return std::nullopt;
    const auto owner = Name::from_text(words[0].text);
    if (!owner) return std::nullopt;
    return Found{*owner, assumed(*owner, "the owner of the SOA record"), place};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Name> find_first_origin(std::string_view text, const ZoneSource& source,
                                      std::vector<ZoneProblem>& problems,
                                      std::vector<ZoneProblem>& warnings) {
  if (source.origin) return source.origin;
  auto found = find_in_text(text);
  if (!found) {
    const auto origin = origin_from_file_name(source.file);
    if (!origin) {
      problems.push_back(
          {{},
           "there is no $ORIGIN, and the file's name has no domain name: begin the file with a "
           "line like '$ORIGIN example.org.', or use --zone ORIGIN=FILE"});
      return std::nullopt;
    }
    found = Found{*origin, assumed(*origin, "the name in the file's name"), {}};
  }
  if (!found->warning.empty()) warnings.push_back({found->place, found->warning});
  return found->origin;
}

}  // namespace portlab::dns
