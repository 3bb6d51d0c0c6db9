#include "labs/runner/model/variants.hpp"

#include <boost/regex.hpp>
#include <map>

#include "common/stable_hash.hpp"
#include "labs/runner/model/picture.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

std::string variant_of(std::string_view text, const std::vector<Variation>& variations,
                       const std::string& student) {
  if (student.empty() || variations.empty()) return std::string(text);
  std::map<std::string, std::string> replacements;
  std::string words;
  for (const auto& [word, choices] : variations) {
    const auto index = static_cast<std::size_t>(hash_of(student + "\n" + word)) % choices.size();
    replacements[word] = choices[index];
    words += (words.empty() ? "\\Q" : "|\\Q") + word + "\\E";
  }
  // All words in one pass, so that no replacement is replaced again.
  const boost::regex pattern("(?<![[:alnum:]])(?:" + words + ")(?![[:alnum:]])");
  std::string changed;
  bool in_comment = true;
  for (const auto& line : split_lines(text)) {
    in_comment = in_comment && line.find("-->") == std::string::npos;
    const bool stays = in_comment && !line.starts_with("servers:");
    changed += stays ? line : boost::regex_replace(line, pattern, [&](const boost::smatch& found) {
      return replacements.at(found[0].str());
    });
    changed += "\n";
  }
  return with_columns_kept(text, changed);
}

}  // namespace portlab::labs
