#include "servers/dns/zone_parser.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/dns/rdata.hpp"
#include "common/text.hpp"
#include "servers/dns/zone_generate.hpp"
#include "servers/dns/zone_origin.hpp"

namespace portlab::dns {
namespace {

// RFC 2181 section 8: the most significant bit must be 0.
constexpr std::uint32_t ttl_max = std::numeric_limits<std::int32_t>::max();

bool is_type_number(std::string_view text) {
  return text.size() > 4 && equal_ignoring_case(text.substr(0, 4), "TYPE") &&
         text.find_first_not_of("0123456789", 4) == std::string_view::npos;
}

// True for a word like A or NSAP-PTR, but not for 60, 1h, IN or TYPE65536.
bool looks_like_a_type(const Word& word) {
  const auto is_letter = [](char c) { return 'a' <= lower(c) && lower(c) <= 'z'; };
  return !word.quoted && !word.text.empty() && is_letter(word.text[0]) &&
         !class_from_text(word.text) && !is_type_number(word.text) &&
         std::all_of(word.text.begin(), word.text.end(),
                     [&](char c) { return is_letter(c) || ('0' <= c && c <= '9') || c == '-'; });
}

// UTF-16 has a byte order mark, or at least a zero byte in its first character if it is ASCII.
bool is_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
         (text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0'));
}

class ZoneParser {
 public:
  ZoneParser(const FileReader& read, ZoneText& out) : read_(read), out_(out) {}

  void parse_file(const std::filesystem::path& file, std::string_view text, const Name& origin);

 private:
  void report(std::size_t line, std::string text) {
    out_.problems.push_back({{file_, line}, std::move(text)});
  }
  void warn(std::size_t line, std::string text) {
    out_.warnings.push_back({{file_, line}, std::move(text)});
  }

  void directive(const ZoneEntry& entry);
  void set_origin(const Word& argument);
  void set_ttl(const Word& argument);
  void include(const std::vector<Word>& words);
  void generate(const std::vector<Word>& words);

  void record(const ZoneEntry& entry);
  bool read_owner(const ZoneEntry& entry);
  std::optional<std::uint32_t> ttl_for(std::optional<std::uint32_t> explicit_ttl, Type type,
                                       std::string_view rdata);

  const FileReader& read_;
  ZoneText& out_;
  std::vector<std::filesystem::path> open_files_;  // those that include each other
  std::size_t file_ = 0;                           // the number of the current one
  std::size_t included_bytes_ = 0;
  std::size_t generated_records_ = 0;
  Name origin_;
  std::optional<Name> owner_;
  std::optional<std::uint32_t> default_ttl_;
  std::optional<std::uint32_t> last_ttl_;
};

// A file that is included does not change the origin and the owner of the lines after it (RFC 1035
// section 5.1). A $TTL in it stays, as in BIND.
void ZoneParser::parse_file(const std::filesystem::path& file, std::string_view text,
                            const Name& origin) {
  const auto number_before = std::exchange(file_, out_.files.size());
  const auto origin_before = std::exchange(origin_, origin);
  const auto owner_before = std::exchange(owner_, std::nullopt);
  out_.files.push_back(file.string());
  open_files_.push_back(file.lexically_normal());
  if (is_utf16(text)) {
    report(1,
           "this text is in UTF-16, as some editors for Windows save it: save it as UTF-8, or "
           "convert it with 'iconv -f UTF-16 -t UTF-8'");
  } else {
    ZoneLexer lexer(text, file_);
    while (const auto entry = lexer.next(out_.problems)) {
      const Word& first = entry->words.front();
      if (!entry->owner_omitted && !first.quoted && first.text.starts_with('$'))
        directive(*entry);
      else
        record(*entry);
    }
  }
  open_files_.pop_back();
  owner_ = owner_before;
  origin_ = origin_before;
  file_ = number_before;
}

void ZoneParser::directive(const ZoneEntry& entry) {
  const auto& words = entry.words;
  const Word& first = words.front();
  const auto is = [&](std::string_view name) { return equal_ignoring_case(first.text, name); };
  if (is("$INCLUDE")) return include(words);
  if (is("$GENERATE")) return generate(words);
  if (!is("$ORIGIN") && !is("$TTL"))
    return report(first.line, first.text +
                                  " is not a directive: use $ORIGIN, $TTL, $INCLUDE or "
                                  "$GENERATE");
  if (words.size() != 2 || words[1].text.empty())
    return report(first.line, first.text + (is("$ORIGIN") ? " needs one name" : " needs one time"));
  return is("$ORIGIN") ? set_origin(words[1]) : set_ttl(words[1]);
}

void ZoneParser::set_origin(const Word& argument) {
  const auto name = Name::from_text(argument.text, origin_);
  if (!name) return report(argument.line, name.error().text);
  origin_ = *name;
}

void ZoneParser::set_ttl(const Word& argument) {
  const auto ttl = period_from_text(argument.text);
  if (!ttl || *ttl > ttl_max)
    return report(argument.line, "'" + argument.text +
                                     "' is not a TTL: use seconds up to 2147483647, or like "
                                     "1h30m");
  default_ttl_ = *ttl;
}

// $INCLUDE FILE [ORIGIN]. The file's path is relative to the folder of the including file.
void ZoneParser::include(const std::vector<Word>& words) {
  const auto line = words[0].line;
  if (words.size() < 2 || words.size() > 3 || words[1].text.empty())
    return report(line, "$INCLUDE needs a file, and may have an origin after it");
  const auto name = unescape(words[1].text);
  if (!name) return report(line, name.error().text);
  auto origin = Result<Name>(origin_);
  if (words.size() == 3) origin = Name::from_text(words[2].text, origin_);
  if (!origin) return report(line, origin.error().text);

  const auto file = (open_files_.back().parent_path() / *name).lexically_normal();
  const auto what = "$INCLUDE " + file.string() + ": ";
  if (std::find(open_files_.begin(), open_files_.end(), file) != open_files_.end())
    return report(line, what +
                            "this file includes itself, directly or through another: remove "
                            "one $INCLUDE");
  if (open_files_.size() >= include_depth_max)
    return report(line, what + "more than " + std::to_string(include_depth_max) +
                            " files include each other");
  const auto text = read_ ? read_(file) : Error{"this text cannot include files"};
  if (!text) return report(line, what + text.error().text);
  included_bytes_ += text->size();
  if (included_bytes_ > zone_file_bytes_max)
    return report(line, what + "the included files have more than 16 MiB together");
  parse_file(file, *text, *origin);
}

// $GENERATE RANGE OWNER [TTL] [CLASS] TYPE DATA
void ZoneParser::generate(const std::vector<Word>& words) {
  const auto line = words[0].line;
  if (words.size() < 5)
    return report(line,
                  "$GENERATE needs a range, an owner, a type and data, as in '$GENERATE "
                  "1-9 host$ A 192.0.2.$'");
  const auto range = parse_generate_range(words[1].text);
  if (!range) return report(line, range.error().text);
  generated_records_ += range->count();
  if (range->count() > generated_records_max || generated_records_ > generated_records_max)
    return report(line, "the $GENERATE lines make more than " +
                            std::to_string(generated_records_max) + " records");
  const auto problems_before = out_.problems.size();
  for (auto number = range->first; number <= range->last; number += range->step) {
    ZoneEntry entry;
    for (auto word : std::span(words).subspan(2)) {
      auto text = substitute_number(word.text, number);
      if (!text) return report(line, text.error().text);
      word.text = std::move(*text);
      entry.words.push_back(std::move(word));
    }
    // BIND reads the data as one word: in quotes where it has several.
    const auto last = entry.words.back();
    if (last.quoted && !entry.words[entry.words.size() - 2].quoted) {
      entry.words.pop_back();
      ZoneLexer lexer(last.text, file_);
      while (auto data = lexer.next(out_.problems))
        for (auto& word : data->words) {
          word.line = line;
          entry.words.push_back(std::move(word));
        }
    }
    record(entry);
    if (out_.problems.size() > problems_before) return;  // the others have the same mistake
  }
}

// Sets owner_ for this entry and the next ones. False: there is none, which was reported.
bool ZoneParser::read_owner(const ZoneEntry& entry) {
  const Word& first = entry.words.front();
  if (!entry.owner_omitted) {
    const auto owner = Name::from_text(first.text, origin_);
    if (owner)
      owner_ = *owner;
    else
      report(first.line, owner.error().text);
    return owner.has_value();
  }
  if (!owner_) report(first.line, "the line starts with a space, but there is no owner before it");
  return owner_.has_value();
}

// The DNS server of Windows writes here when the record was updated: [AGE:3642480].
bool is_age(std::string_view text) { return text.starts_with("[AGE:") && text.ends_with(']'); }

// Reads the TTL and the class, both optional and in either order, and moves `at` after them.
std::pair<std::optional<std::uint32_t>, std::optional<Class>> read_ttl_and_class(
    const std::vector<Word>& words, std::size_t& at) {
  std::optional<std::uint32_t> ttl;
  std::optional<Class> class_;
  for (; at < words.size() && !words[at].quoted; ++at) {
    if (is_age(words[at].text)) continue;
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
void ZoneParser::record(const ZoneEntry& entry) {
  if (!read_owner(entry)) return;
  const auto& words = entry.words;
  const std::size_t line = words.front().line;
  std::size_t at = entry.owner_omitted ? 0 : 1;
  const auto [ttl, class_] = read_ttl_and_class(words, at);
  if (at == words.size()) return report(line, "the record ends before its type");
  const Word& type_word = words[at];
  const auto data = std::span(words).subspan(at + 1);
  const auto type = type_word.quoted ? std::nullopt : type_from_text(type_word.text);
  if (!type && !looks_like_a_type(type_word))
    return report(type_word.line, "'" + type_word.text + "' is not a record type");
  if (class_ && *class_ != Class::IN)
    return report(line, "class " + to_string(*class_) + ": only IN is supported");
  if (type && is_meta(*type))
    return report(type_word.line, to_string(*type) + " is not allowed in a zone file");
  if (ttl && *ttl > ttl_max)
    return report(line, "a TTL of " + std::to_string(*ttl) + "; the maximum is 2147483647");
  if (!type || !can_read_rdata(*type, data))
    return warn(type_word.line, "this server does not know the format of type " + type_word.text +
                                    ": the record is left out; as TYPEnnn \\# LENGTH HEX (RFC "
                                    "3597) every type is served");

  auto rdata = rdata_from_words(*type, data, origin_);
  if (!rdata) return report(words.back().line, rdata.error().text);
  const auto record_ttl = ttl_for(ttl, *type, *rdata);
  if (!record_ttl) return report(line, "no TTL: add one here, or a line like '$TTL 1h' at the top");
  out_.records.push_back({*owner_, *type, *record_ttl, std::move(*rdata), {file_, line}});
}

// The TTL of the record, else $TTL (RFC 2308 section 4), else the last explicit TTL (RFC 1035
// section 5.1). For an SOA before all of these: its own minimum.
std::optional<std::uint32_t> ZoneParser::ttl_for(std::optional<std::uint32_t> explicit_ttl,
                                                 Type type, std::string_view rdata) {
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

}  // namespace

ZoneText parse_zone_text(std::string_view text, const ZoneSource& source, const FileReader& read) {
  ZoneText out;
  ZoneParser parser(read, out);
  std::optional<Name> origin = Name();
  if (!is_utf16(text)) origin = find_first_origin(text, source, out.problems, out.warnings);
  if (origin)
    parser.parse_file(source.file, text, *origin);
  else
    out.files.push_back(source.file.string());
  return out;
}

}  // namespace portlab::dns
