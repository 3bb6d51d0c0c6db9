#include "servers/dns/zone_file.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <system_error>
#include <utility>

#include "common/dns/rdata.hpp"
#include "servers/dns/zone_check.hpp"
#include "servers/dns/zone_lexer.hpp"

namespace portlab::dns {
namespace {

// RFC 2181 section 8: the sign bit stays clear.
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
  void complain(std::size_t line, std::string text) {
    problems_.push_back({line, std::move(text)});
  }

  void directive(const ZoneEntry& entry) {
    const auto& [first, argument] =
        std::pair(entry.words[0], entry.words.size() == 2 ? entry.words[1].text : std::string());
    if (equal_ignoring_case(first.text, "$INCLUDE") || equal_ignoring_case(first.text, "$GENERATE"))
      return complain(first.line, first.text + " is not supported: write its records here");
    const bool is_origin = equal_ignoring_case(first.text, "$ORIGIN");
    if (!is_origin && !equal_ignoring_case(first.text, "$TTL"))
      return complain(first.line, first.text + " is no directive: there are $ORIGIN and $TTL");
    if (argument.empty())
      return complain(first.line, first.text + (is_origin ? " takes one name" : " takes one time"));
    if (is_origin) {
      const auto name = Name::from_text(argument, origin_);
      if (!name) return complain(first.line, name.error().text);
      origin_ = *name;
      return;
    }
    const auto ttl = period_from_text(argument);
    if (!ttl || *ttl > ttl_max)
      return complain(first.line, "'" + argument +
                                      "' is not a TTL: seconds up to 2147483647, or "
                                      "like 1h30m");
    default_ttl_ = *ttl;
  }

  // [owner] [TTL] [class] type data, TTL and class in any order.
  void record(const ZoneEntry& entry) {
    const auto& words = entry.words;
    const std::size_t line = words.front().line;
    std::size_t at = 0;
    if (!entry.owner_omitted) {
      const auto owner = Name::from_text(words[0].text, origin_);
      if (!owner) return complain(line, owner.error().text);
      owner_ = *owner;
      at = 1;
    }
    if (!owner_) return complain(line, "the line begins with a space, but there is no owner yet");

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
    if (at == words.size()) return complain(line, "the record ends before its type");
    const auto type = words[at].quoted ? std::nullopt : type_from_text(words[at].text);
    if (!type) return complain(words[at].line, "'" + words[at].text + "' is not a type of record");
    if (class_ && *class_ != Class::IN)
      return complain(line, "class " + to_string(*class_) + ": only IN is served");
    if (is_meta(*type) || *type == Type::DNAME)
      return complain(words[at].line, to_string(*type) + " can't be served from a zone file");
    if (ttl && *ttl > ttl_max)
      return complain(line, "a TTL of " + std::to_string(*ttl) + "; 2147483647 is the most");

    auto rdata = rdata_from_words(*type, std::span(words).subspan(at + 1), origin_);
    if (!rdata) return complain(words.back().line, rdata.error().text);
    const auto lasting = ttl_for(ttl, *type, *rdata);
    if (!lasting)
      return complain(line, "no TTL: put one here, or a line like '$TTL 1h' at the top");
    records_.push_back({*owner_, *type, *lasting, std::move(*rdata), line});
  }

  // Its own, else $TTL (RFC 2308 section 4), else the last one stated (RFC 1035 section 5.1); a SOA
  // in front of all that lends its minimum.
  std::optional<std::uint32_t> ttl_for(std::optional<std::uint32_t> own, Type type,
                                       std::string_view rdata) {
    if (own) {
      last_ttl_ = own;
      return own;
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

Error all_of(std::vector<ZoneProblem> problems, const std::string& file) {
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
  const auto top = Name::from_text(origin);
  if (!top) return top.error();
  const auto records = ZoneParser(*top, problems).parse(text);
  // A half-read zone would look as if it lacked what could not be read.
  if (!problems.empty()) return all_of(std::move(problems), file);
  LoadedZone loaded;
  loaded.zone = build_zone(records, problems, warnings);
  if (!problems.empty()) return all_of(std::move(problems), file);
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
    return Error{"zone " + path.string() + ": it has more than 16 MiB: is it a zone file?"};
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (size > 0) text << file.rdbuf();
  if (!file) return Error{"zone " + path.string() + ": it can't be read: check its permissions"};
  return parse_zone(text.str(), path.string());
}

}  // namespace portlab::dns
