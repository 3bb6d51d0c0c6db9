#include "servers/dns/zone_file.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <system_error>
#include <utility>

#include "common/dns/rdata.hpp"
#include "servers/dns/zone_builder.hpp"
#include "servers/dns/zone_lexer.hpp"

namespace portlab::dns {
namespace {

// RFC 2181 section 8: the most significant bit must be 0.
constexpr std::uint32_t ttl_max = std::numeric_limits<std::int32_t>::max();

class ZoneParser {
 public:
  ZoneParser(const Name& origin, std::vector<ZoneProblem>& problems)
      : origin_(origin), problems_(problems) {}

  std::vector<ZoneRecord> parse(std::string_view text) {
    ZoneLexer lexer(text);
    while (auto entry = lexer.next(problems_)) {
      const Word& first = entry->words.front();
      if (!entry->owner_omitted && !first.quoted && first.text.starts_with('$'))
        directive(*entry);
      else
        record(*entry);
    }
    return std::move(records_);
  }

 private:
  void report(std::size_t line, std::string text) { problems_.push_back({line, std::move(text)}); }

  void directive(const ZoneEntry& entry) {
    const auto& [first, argument] =
        std::pair(entry.words[0], entry.words.size() == 2 ? entry.words[1].text : std::string());
    if (equal_ignoring_case(first.text, "$INCLUDE") || equal_ignoring_case(first.text, "$GENERATE"))
      return report(first.line, first.text + " is not supported: write the records in this file");
    const bool is_origin = equal_ignoring_case(first.text, "$ORIGIN");
    if (!is_origin && !equal_ignoring_case(first.text, "$TTL"))
      return report(first.line, first.text + " is not a directive: use $ORIGIN or $TTL");
    if (argument.empty())
      return report(first.line, first.text + (is_origin ? " needs one name" : " needs one time"));
    if (is_origin) {
      const auto name = Name::from_text(argument, origin_);
      if (!name) return report(first.line, name.error().text);
      origin_ = *name;
      return;
    }
    const auto ttl = period_from_text(argument);
    if (!ttl || *ttl > ttl_max)
      return report(first.line, "'" + argument +
                                    "' is not a TTL: use seconds up to 2147483647, or "
                                    "like 1h30m");
    default_ttl_ = *ttl;
  }

  // Sets owner_ for this entry and the next ones. False: there is none, which was reported.
  bool read_owner(const ZoneEntry& entry) {
    const Word& first = entry.words.front();
    if (!entry.owner_omitted) {
      const auto owner = Name::from_text(first.text, origin_);
      if (owner)
        owner_ = *owner;
      else
        report(first.line, owner.error().text);
      return owner.has_value();
    }
    if (!owner_)
      report(first.line, "the line starts with a space, but there is no owner before it");
    return owner_.has_value();
  }

  // Reads the TTL and the class, both optional and in either order, and moves `at` after them.
  static std::pair<std::optional<std::uint32_t>, std::optional<Class>> read_ttl_and_class(
      const std::vector<Word>& words, std::size_t& at) {
    std::optional<std::uint32_t> ttl;
    std::optional<Class> class_;
    for (; at < words.size() && !words[at].quoted; ++at) {
      const auto period = period_from_text(words[at].text);
      const auto number = class_from_text(words[at].text);
      if (period && !ttl)
        ttl = period;
      else if (number && *number != Class::ANY && !class_)
        class_ = number;
      else
        break;
    }
    return {ttl, class_};
  }

  // [owner] [TTL] [class] type data
  void record(const ZoneEntry& entry) {
    if (!read_owner(entry)) return;
    const auto& words = entry.words;
    const std::size_t line = words.front().line;
    std::size_t at = entry.owner_omitted ? 0 : 1;
    const auto [ttl, class_] = read_ttl_and_class(words, at);
    if (at == words.size()) return report(line, "the record ends before its type");
    const auto type = words[at].quoted ? std::nullopt : type_from_text(words[at].text);
    if (!type) return report(words[at].line, "'" + words[at].text + "' is not a record type");
    if (class_ && *class_ != Class::IN)
      return report(line, "class " + to_string(*class_) + ": only IN is supported");
    if (is_meta(*type) || *type == Type::DNAME)
      return report(words[at].line, to_string(*type) + " is not allowed in a zone file");
    if (ttl && *ttl > ttl_max)
      return report(line, "a TTL of " + std::to_string(*ttl) + "; the maximum is 2147483647");

    auto rdata = rdata_from_words(*type, std::span(words).subspan(at + 1), origin_);
    if (!rdata) return report(words.back().line, rdata.error().text);
    const auto record_ttl = ttl_for(ttl, *type, *rdata);
    if (!record_ttl)
      return report(line, "no TTL: add one here, or a line like '$TTL 1h' at the top");
    records_.push_back({*owner_, *type, *record_ttl, std::move(*rdata), line});
  }

  // The TTL of the record, else $TTL (RFC 2308 section 4), else the last explicit TTL (RFC 1035
  // section 5.1). For an SOA before all of these: its own minimum.
  std::optional<std::uint32_t> ttl_for(std::optional<std::uint32_t> explicit_ttl, Type type,
                                       std::string_view rdata) {
    if (explicit_ttl) {
      last_ttl_ = explicit_ttl;
      return explicit_ttl;
    }
    if (default_ttl_) return default_ttl_;
    if (last_ttl_) return last_ttl_;
    if (type != Type::SOA) return std::nullopt;
    ByteReader minimum(as_bytes(rdata.substr(rdata.size() - 4)));
    last_ttl_ = std::min(minimum.u32().value_or(0), ttl_max);
    return last_ttl_;
  }

  Name origin_;
  std::vector<ZoneProblem>& problems_;
  std::vector<ZoneRecord> records_;
  std::optional<Name> owner_;
  std::optional<std::uint32_t> default_ttl_;
  std::optional<std::uint32_t> last_ttl_;
};

std::string located(const std::string& file, const ZoneProblem& problem, const char* kind) {
  return file + ":" + std::to_string(problem.line) + ": " + kind + problem.text;
}

Error to_error(std::vector<ZoneProblem> problems, const std::string& file) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const auto& a, const auto& b) { return a.line < b.line; });
  std::string text;
  for (std::size_t i = 0; i < problems.size() && i < problems_max; ++i)
    text += (i == 0 ? "" : "\n") + located(file, problems[i], "");
  if (problems.size() > problems_max)
    text += "\n" + file + ": … and " + std::to_string(problems.size() - problems_max) + " more";
  return Error{text};
}

}  // namespace

Result<LoadedZone> parse_zone(std::string_view text, const std::string& file,
                              std::string_view origin) {
  std::vector<ZoneProblem> problems;
  std::vector<ZoneProblem> warnings;
  const auto first_origin = Name::from_text(origin);
  if (!first_origin) return first_origin.error();
  const auto records = ZoneParser(*first_origin, problems).parse(text);
  // Checking a partly read zone would report records as missing that could not be read.
  if (!problems.empty()) return to_error(std::move(problems), file);
  LoadedZone loaded;
  loaded.zone = build_zone(records, problems, warnings);
  if (!problems.empty()) return to_error(std::move(problems), file);
  for (const auto& warning : warnings)
    loaded.warnings.push_back(located(file, warning, "warning: "));
  return loaded;
}

Result<LoadedZone> load_zone(const std::filesystem::path& path) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed)
    return Error{"zone " + path.string() + ": " + failed.message() +
                 ": name a zone file with --zone FILE"};
  if (size > zone_file_bytes_max)
    return Error{"zone " + path.string() + ": it is larger than 16 MiB: is it a zone file?"};
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (size > 0) text << file.rdbuf();
  if (!file) return Error{"zone " + path.string() + ": it cannot be read: check its permissions"};
  return parse_zone(text.str(), path.string());
}

}  // namespace portlab::dns
