#include "servers/http/conditional.hpp"

#include "servers/http/date.hpp"
#include "servers/http/http_text.hpp"

namespace portlab::http {

namespace {

/// entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE (section 8.8.3).
bool is_entity_tag(std::string_view text) {
  if (text.starts_with("W/")) text.remove_prefix(2);
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' &&
         text.substr(1, text.size() - 2).find_first_of("\" ") == std::string_view::npos;
}

/// Whether the lines of a field name our tag, or are "*". Section 8.8.3.2: a weak comparison looks
/// only at what is quoted, a strong one wants no weak tag at all.
bool etag_matches(const Head& head, Field field, std::string_view etag, bool weakly) {
  bool named = false;
  head.each(field, [&](std::string_view value) {
    if (value == "*") named = true;
    ListReader list(value);
    while (auto tag = list.next()) {
      if (!is_entity_tag(*tag)) continue;
      if (weakly && tag->starts_with("W/")) tag->remove_prefix(2);
      if (!etag.empty() && *tag == etag) named = true;
    }
  });
  return named;
}

/// A field with one valid date in it; anything else must be ignored.
std::optional<std::int64_t> date_of(const Head& head, Field field, std::int64_t now) {
  if (head.count(field) != 1) return std::nullopt;
  return parse_date(*head.find(field), now);
}

}  // namespace

Verdict check_preconditions(const Head& head, const Validators& validators, std::int64_t now) {
  if (head.has(Field::if_match)) {
    if (!etag_matches(head, Field::if_match, validators.etag, false))
      return Verdict::precondition_failed;
  } else if (const auto date = date_of(head, Field::if_unmodified_since, now)) {
    if (validators.modified && *validators.modified > *date) return Verdict::precondition_failed;
  }
  if (head.has(Field::if_none_match)) {
    if (etag_matches(head, Field::if_none_match, validators.etag, true))
      return Verdict::not_modified;
  } else if (const auto date = date_of(head, Field::if_modified_since, now)) {
    // A date that is still to come says nothing about what the client has.
    if (validators.modified && *validators.modified <= *date && *date <= now)
      return Verdict::not_modified;
  }
  return Verdict::proceed;
}

bool if_range_matches(const Head& head, const Validators& validators, std::int64_t now) {
  const auto condition = head.find(Field::if_range);
  if (!condition) return true;
  if (head.count(Field::if_range) > 1) return false;
  if (is_entity_tag(*condition)) return *condition == validators.etag;  // strong comparison
  // A date is a strong validator only when it is a second old: the file may have changed again
  // within that second (section 8.8.2.2).
  const auto date = parse_date(*condition, now);
  return date && validators.modified == date && *date < now;
}

}  // namespace portlab::http
