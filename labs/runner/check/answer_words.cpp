#include "labs/runner/check/answer_words.hpp"

#include <algorithm>
#include <array>
#include <boost/algorithm/string/replace.hpp>
#include <boost/regex.hpp>
#include <cctype>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "common/text.hpp"

namespace portlab::labs {

namespace {

using Words = std::vector<std::string>;
/// What a number may mean: "3.004" is three thousand and four, or three and a little.
using Readings = std::set<std::uint64_t>;

/// In lower case, with plain quotes, apostrophes and spaces.
std::string plain(std::string_view text) {
  auto out = lower_case(text);
  for (const auto& [sign, ascii] :
       std::initializer_list<std::pair<const char*, const char*>>{{"\u2018", "'"},
                                                                  {"\u2019", "'"},
                                                                  {"\u201c", "\""},
                                                                  {"\u201d", "\""},
                                                                  {"\u00a0", " "},
                                                                  {"\u202f", " "},
                                                                  {"\u2192", " "},
                                                                  {"\u2212", "-"}})
    boost::algorithm::replace_all(out, sign, ascii);
  return out;
}

/// Letters and digits that follow each other, and all bytes of other alphabets.
Words words_of(const std::string& text) {
  Words words;
  bool continues = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_letter = byte >= 0x80 || std::isalnum(byte) != 0;
    if (is_letter && !continues) words.emplace_back();
    if (is_letter) words.back() += c;
    continues = is_letter;
  }
  return words;
}

std::string joined(Words::const_iterator from, Words::const_iterator to) {
  std::string all;
  for (; from != to; ++from) all += *from;
  return all;
}

/// Without "not" and the word after it: "ICMP, not UDP", "it isn't UDP".
std::string without_negations(const std::string& text) {
  static const boost::regex negation(R"(\b(?:not|\w+n't|no longer)\b(?: an?| the)? *[^\s,;]*)");
  return boost::regex_replace(text, negation, " ");
}

/// The number that this word is in English.
std::optional<std::uint64_t> number_word(const std::string& word) {
  static const std::map<std::string, std::uint64_t> numbers{
      {"zero", 0},      {"none", 0},      {"one", 1},      {"two", 2},      {"both", 2},
      {"three", 3},     {"four", 4},      {"five", 5},     {"six", 6},      {"seven", 7},
      {"eight", 8},     {"nine", 9},      {"ten", 10},     {"eleven", 11},  {"twelve", 12},
      {"thirteen", 13}, {"fourteen", 14}, {"fifteen", 15}, {"sixteen", 16}, {"seventeen", 17},
      {"eighteen", 18}, {"nineteen", 19}, {"twenty", 20},  {"thirty", 30},  {"forty", 40},
      {"fifty", 50},    {"sixty", 60},    {"seventy", 70}, {"eighty", 80},  {"ninety", 90},
  };
  const auto found = numbers.find(word);
  return found == numbers.end() ? std::nullopt : std::optional(found->second);
}

/// "twenty-one", "one hundred".
std::set<Readings> numbers_in_words(const std::string& text) {
  std::set<Readings> numbers;
  std::optional<std::uint64_t> number;
  const auto end_number = [&] {
    if (number) numbers.insert({*number});
    number.reset();
  };
  for (const auto& word : words_of(text)) {
    const auto value = number_word(word);
    if (value) {
      const bool continues = number && *number >= 20 && *number % 10 == 0 && *value < *number;
      if (!continues) end_number();
      number = number.value_or(0) + *value;
    } else if (number && word == "hundred") {
      *number *= 100;
    } else if (!number || word != "and") {
      end_number();
    }
  }
  end_number();
  return numbers;
}

/// The readings of digits with their separators; none: the number is too large.
Readings readings_of(const std::string& digits) {
  Readings readings;
  const auto add = [&](std::string text) {
    std::erase_if(text, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) == 0; });
    if (const auto number = parse_decimal(text.empty() ? "0" : text)) readings.insert(*number);
  };
  static const boost::regex grouped(R"([1-9]\d{0,2}(?:[ ,.'_]\d{3})+)");
  const auto point = digits.rfind('.');
  const bool is_grouped = boost::regex_match(digits, grouped);
  if (is_grouped || point == std::string::npos) add(digits);
  if (point != std::string::npos) add(digits.substr(0, point));
  return readings;
}

/// The numbers in a text: each once.
std::set<Readings> numbers_in(std::string text) {
  static const boost::regex address(R"(\b\d{1,3}(?:\.\d{1,3}){3}\b|\[[0-9a-f:]*\])");
  static const boost::regex duration(R"(\b(\d{1,6})m(\d{1,2})(?:[.,]\d+)?s\b)");
  static const boost::regex number(
      R"((?<![[:alnum:]_])(-?)(\d{1,3}(?:[ ,.'_]\d{3})+(?!\d)(?:\.\d+)?|\d*\.\d+|0,\d+|\d+))");
  text = boost::regex_replace(text, address, " ");
  text = boost::regex_replace(text, duration, [](const boost::smatch& found) {
    return std::to_string(60 * std::stoi(found[1].str()) + std::stoi(found[2].str()));
  });
  std::set<Readings> numbers;
  for (boost::sregex_iterator found(text.begin(), text.end(), number), end; found != end; ++found) {
    const bool is_negative = (*found)[1].length() > 0;
    const auto digits = (*found)[2].str();
    numbers.insert(is_negative ? Readings{} : readings_of(digits.starts_with("0,") ? "0" : digits));
  }
  return numbers.empty() ? numbers_in_words(text) : numbers;
}

/// The number that all of the text is.
std::optional<std::uint64_t> number_of(const std::string& text) {
  static const boost::regex number(R"(\d{1,3}(?:[ ,.'_]\d{3})+|\d+)");
  if (!boost::regex_match(text, number)) {
    const auto words = words_of(text);
    // "none" is a word in a choice: "zero" does not mean it.
    const bool is_number = words.size() == 1 && words.front() != "none";
    return is_number ? number_word(words.front()) : std::nullopt;
  }
  auto digits = text;
  std::erase_if(digits, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) == 0; });
  return parse_decimal(digits);
}

/// Whether these words are somewhere in the answer, however they are written: "FIN_WAIT2" as
/// "fin wait 2".
bool contains_words(const Words& answer, const Words& expected) {
  const auto wanted = joined(expected.begin(), expected.end());
  for (auto from = answer.begin(); from != answer.end(); ++from)
    for (auto to = from + 1; to <= answer.end(); ++to)
      if (joined(from, to) == wanted) return true;
  return false;
}

/// "yes" or "no". Neither: "no answer", "no idea", where "no" belongs to the word after it.
std::optional<std::string> yes_or_no(const std::string& text) {
  static const boost::regex pattern(
      R"(\W*(?:(yes|y|yeah|yep|true)\b|(nope|n|false|no(?=\s*$|\s*[^\w\s]|\s+(?:it|its|it's|the|they|)"
      R"(there|this|that|these|because|since|as|but|not|i|you|we|only|they're|there's)\b))\b).*)");
  boost::smatch found;
  if (!boost::regex_match(text, found, pattern)) return std::nullopt;
  return found[1].matched ? "yes" : "no";
}

/// Whether the last word of one, of three or more words, is a short form of the other's: "mit-ml-dev",
/// "MIT ML Device".
bool is_short_form(const Words& one, const Words& other) {
  constexpr std::size_t words_min = 3, letters_min = 3;
  if (one.size() < words_min || one.size() != other.size()) return false;
  const auto &last = one.back(), &other_last = other.back();
  const auto& longer = last.size() > other_last.size() ? last : other_last;
  if (std::any_of(longer.begin(), longer.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return false;
  return std::equal(one.begin(), one.end() - 1, other.begin()) &&
         std::min(last.size(), other_last.size()) >= letters_min &&
         (last.starts_with(other_last) || other_last.starts_with(last));
}

}  // namespace

bool have_same_words(std::string_view one, std::string_view other) {
  const auto words = words_of(plain(one)), others = words_of(plain(other));
  return joined(words.begin(), words.end()) == joined(others.begin(), others.end()) &&
         (!words.empty() || plain(one) == plain(other));
}

bool has_content(std::string_view text) {
  constexpr std::array empty_words{"a",    "an",   "and", "are",  "as",   "at",  "because", "by",
                                   "for",  "from", "has", "have", "i",    "in",  "is",      "it",
                                   "its",  "of",   "on",  "or",   "that", "the", "there",   "they",
                                   "this", "to",   "was", "with", "you",  "your"};
  const auto words = words_of(plain(text));
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(empty_words.begin(), empty_words.end(), word) == empty_words.end();
  });
}

bool begins_with(std::string_view answer, std::string_view phrase) {
  const auto words = words_of(plain(answer)), first = words_of(plain(phrase));
  return !first.empty() && words.size() >= first.size() &&
         std::equal(first.begin(), first.end(), words.begin());
}

bool is_number(std::string_view text) { return number_of(plain(text)).has_value(); }

std::size_t count_numbers(std::string_view text) { return numbers_in(plain(text)).size(); }

bool means(std::string_view answer, std::string_view expected) {
  constexpr std::size_t words_max = 40;  // of an answer that is searched for a phrase
  const auto given = plain(answer), wanted = plain(expected);
  const bool is_affirmative = without_negations(wanted) == wanted;
  const auto affirmed = is_affirmative ? without_negations(given) : given;
  if (const auto number = number_of(wanted)) {
    const auto numbers = numbers_in(affirmed);
    return numbers.size() == 1 && numbers.begin()->contains(*number);
  }
  if (have_same_words(answer, expected)) return true;
  const auto wanted_words = words_of(wanted);
  if (wanted_words.size() == 1 && yes_or_no(wanted)) return yes_or_no(given) == yes_or_no(wanted);
  const auto words = words_of(affirmed);
  if (is_short_form(words, wanted_words)) return true;
  const auto has_or = [](const Words& in) {
    return std::find(in.begin(), in.end(), "or") != in.end();
  };
  return !wanted_words.empty() && words.size() <= words_max &&
         has_or(words) == has_or(wanted_words) && contains_words(words, wanted_words);
}

}  // namespace portlab::labs
