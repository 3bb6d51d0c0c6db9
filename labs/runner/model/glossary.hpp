#pragma once
// The glossary, labs/glossary.md: a heading for each term, perhaps with other names of the same
// ("## segment, TCP segment"), and its explanation.

#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace portlab::labs {

/// A term and its explanation.
struct Term {
  std::vector<std::string> names;  ///< the first one is its heading: "4-tuple"
  std::string text;                ///< Markdown
};

/// The terms of a glossary, in its order.
std::vector<Term> parse_glossary(std::string_view markdown);

/// The glossary that comes with Portlab. The error says where it was looked for.
Result<std::vector<Term>> read_glossary();

/// The term with this name, in upper or lower case, in the plural ("ports"), or with "-" or "_" in
/// place of a blank. Null: there is none.
const Term* find_term(const std::vector<Term>& terms, std::string_view name);

}  // namespace portlab::labs
