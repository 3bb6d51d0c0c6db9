#include "servers/http/conditional_request.hpp"

#include "servers/http/http_date.hpp"

namespace portlab::http {

namespace {

/// entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE (RFC 9110 section 8.8.3).
bool is_entity_tag(std::string_view text) {
  if (text.starts_with("W/")) text.remove_prefix(2);
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' &&
         text.substr(1, text.size() - 2).find_first_of("\" ") == std::string_view::npos;
}

enum class Comparison : std::uint8_t { strong, weak };

/// Whether the field lists this ETag, or is "*". A weak comparison looks only at what is between
/// the quotes; in a strong one a weak tag matches nothing (RFC 9110 section 8.8.3.2).
bool etag_matches(const Request& request, std::string_view field, std::string_view etag,
                  Comparison comparison) {
  bool matches = false;
  request.for_each_field(field, [&](std::string_view value) {
    if (value == "*") matches = true;
  });
  request.for_each_element(field, [&](std::string_view tag) {
    if (!is_entity_tag(tag)) return;
    if (comparison == Comparison::weak && tag.starts_with("W/")) tag.remove_prefix(2);
    if (!etag.empty() && tag == etag) matches = true;
  });
  return matches;
}

/// The date in a field; nullopt for a field that must be ignored: repeated, or with no valid date.
std::optional<std::int64_t> date_in(const Request& request, std::string_view field,
                                    std::int64_t now) {
  const auto value = request.field(field);
  return value ? parse_date(*value, now) : std::nullopt;
}

}  // namespace

Verdict check_preconditions(const Request& request, const Validators& validators,
                            std::int64_t now) {
  if (request.count_fields("If-Match") > 0) {
    if (!etag_matches(request, "If-Match", validators.etag, Comparison::strong))
      return Verdict::precondition_failed;
  } else if (const auto date = date_in(request, "If-Unmodified-Since", now)) {
    if (validators.modified && *validators.modified > *date) return Verdict::precondition_failed;
  }
  if (request.count_fields("If-None-Match") > 0) {
    if (etag_matches(request, "If-None-Match", validators.etag, Comparison::weak))
      return Verdict::not_modified;
  } else if (const auto date = date_in(request, "If-Modified-Since", now)) {
    // A date in the future is no statement about the client's copy.
    if (validators.modified && *validators.modified <= *date && *date <= now)
      return Verdict::not_modified;
  }
  return Verdict::proceed;
}

bool if_range_matches(const Request& request, const Validators& validators, std::int64_t now) {
  const auto lines = request.count_fields("If-Range");
  if (lines != 1) return lines == 0;
  const auto condition = *request.field("If-Range");
  if (is_entity_tag(condition)) return condition == validators.etag;  // strong comparison
  // A date is a strong validator only when it is a second old: the file may have changed again
  // within that second (section 8.8.2.2).
  const auto date = parse_date(condition, now);
  return date && validators.modified == date && *date < now;
}

}  // namespace portlab::http
