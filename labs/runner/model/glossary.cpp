#include "labs/runner/model/glossary.hpp"

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <fstream>
#include <iterator>
#include <locale>

#include "common/system/own_path.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

/// What is compared: "TIME-WAIT" and "time_wait" are the same.
std::string normalised(std::string_view name) {
  auto text = boost::algorithm::to_lower_copy(trimmed(name), std::locale::classic());
  std::replace_if(text.begin(), text.end(), boost::algorithm::is_any_of("-_"), ' ');
  return text;
}

}  // namespace

std::vector<Term> parse_glossary(std::string_view markdown) {
  constexpr std::string_view heading = "## ";
  std::vector<Term> terms;
  for (const auto& line : split_lines(markdown)) {
    if (line.starts_with(heading)) {
      Term& term = terms.emplace_back();
      boost::algorithm::split(term.names, line.substr(heading.size()),
                              boost::algorithm::is_any_of(","));
      for (auto& name : term.names) name = trimmed(name);
    } else if (!terms.empty()) {
      terms.back().text += line + "\n";
    }
  }
  for (auto& term : terms) term.text = trimmed(term.text);
  return terms;
}

Result<std::vector<Term>> read_glossary() {
  constexpr const char* path = "labs/glossary.md";
  std::ifstream file(find_data(path, path));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto terms = parse_glossary(text);
  if (terms.empty())
    return Error{"there is no glossary in " + places_text(data_places(path, path))};
  return terms;
}

const Term* find_term(const std::vector<Term>& terms, std::string_view name) {
  const auto find = [&](const std::string& wanted) -> const Term* {
    for (const auto& term : terms)
      for (const auto& each : term.names)
        if (normalised(each) == wanted) return &term;
    return nullptr;
  };
  const auto wanted = normalised(name);
  if (const auto* term = find(wanted)) return term;
  for (const std::string_view plural : {"es", "s"})
    if (wanted.ends_with(plural))
      if (const auto* term = find(wanted.substr(0, wanted.size() - plural.size()))) return term;
  return nullptr;
}

}  // namespace portlab::labs
